import type uPlot from "uplot";
import type { Trend, TrendRow } from "../api/wire.ts";

/** One line of a chart: a value, or none, for each bucket. */
export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Of the period compared with; absent if nothing is. */
  readonly compared?: readonly (number | null)[];
  /** Whether something else draws its values, and only the tooltip tells them. */
  readonly isHidden?: true;
}

/** What a chart shows: buckets, and lines over them. Times are milliseconds since 1970. */
export interface ChartData {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Why a bucket's value is not its last: "open", "provisional" or "partial"; undefined = it is. */
  readonly unsettled: readonly (string | undefined)[];
  readonly lines: readonly Line[];
  /** What the tooltip says besides, of each bucket. */
  readonly notes?: readonly string[];
  /** Whether the axis begins near the least value, not at 0: a price is a level, not a size. */
  readonly isLevel?: true;
  /** Draws below the lines. */
  readonly paint?: (plot: uPlot, isDark: boolean) => void;
}

/**
 * The lines of an answer: one for each series, or, of an answer without groups, one for each of its values. Values that are text are left out: they make no line.
 * @param output the value to draw of each series; default: the first
 */
export function chartData(answer: Trend, output = answer.outputs[0] ?? "value"): ChartData {
  const bySeries = new Map<string, TrendRow[]>();
  for (const row of answer.rows) {
    const label = seriesLabel(row, answer);
    const rows = bySeries.get(label);
    if (rows) rows.push(row);
    else bySeries.set(label, [row]);
  }
  const first = bySeries.values().next().value ?? [];
  const drawn = answer.groupBy.length === 0 ? answer.outputs : [output];
  const lines = [...bySeries].flatMap(([label, rows]) =>
    drawn.map((name) => ({
      label: answer.groupBy.length > 0 ? label : drawn.length > 1 || answer.metrics.length > 1 ? name : (answer.metrics[0]?.name ?? name),
      values: rows.map(({ values }) => numberOf(values[name])),
      ...(answer.comparedWith ? { compared: rows.map(({ compared }) => numberOf(compared?.values[name])) } : {}),
    })),
  );
  return {
    starts: first.map(({ start }) => Date.parse(start)),
    ends: first.map(({ end }) => Date.parse(end)),
    unsettled: first.map(({ partial, state }) => (state === "final" ? (partial ? "partial" : undefined) : state)),
    lines,
  };
}

/** Names a series by the values of its group. */
export function seriesLabel({ group, other }: Pick<TrendRow, "group" | "other">, { groupBy }: Pick<Trend, "groupBy">): string {
  if (other === true) return "(other)";
  return groupBy
    .map((dimension) => (group[dimension] === null || group[dimension] === undefined ? "(none)" : String(group[dimension])))
    .join(" · ");
}

function numberOf(value: number | string | null | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/**
 * A line in two parts that meet: what is settled, and what may still change and is drawn otherwise. The second part begins and ends on the settled values beside it.
 */
export function splitLine(
  values: readonly (number | null)[],
  unsettled: readonly unknown[],
): readonly [(number | null)[], (number | null)[]] {
  const isOpen = (index: number): boolean => unsettled[index] !== undefined;
  const settled = values.map((value, index) => (isOpen(index) ? null : value));
  const open = values.map((value, index) => (isOpen(index) || isOpen(index - 1) || isOpen(index + 1) ? value : null));
  return [settled, open];
}
