import type { AnsweredMetric, SeriesRef, TrendAnswer, TrendRow, TrendTotal, TrendValue } from "../../queries/index.ts";
import type { Series } from "./chart.ts";
import { printable } from "./table.ts";

/** One line of an answer: one value of one series, over all buckets. */
export interface TrendLine extends Series {
  readonly metric: AnsweredMetric;
  /** Whether it is all groups that are not among the top. */
  readonly other: boolean;
  /** Of the other period, bucket by bucket; undefined = nothing was compared. */
  readonly others: readonly (number | null)[] | undefined;
  /** By how many percent it grew. */
  readonly growth: readonly (number | null)[] | undefined;
  /** Over the whole range. */
  readonly total: number | null;
  readonly otherTotal: number | null;
  readonly totalGrowth: number | null;
}

/** The lines of an answer: by metric, then in the answer's order of series. */
export function trendLines(answer: TrendAnswer): TrendLine[] {
  const series = bySeries(answer);
  return answer.metrics.flatMap((metric) =>
    metric.outputs.flatMap((output) => series.map(({ rows, total }) => lineOf(answer, metric, output, rows, total))),
  );
}

function lineOf(answer: TrendAnswer, metric: AnsweredMetric, output: string, rows: readonly TrendRow[], total: TrendTotal): TrendLine {
  const compared = answer.comparedWith !== undefined;
  return {
    label: labelOf(answer, metric, output, total),
    metric,
    other: total.other === true,
    values: rows.map(({ values }) => numberOf(values[output])),
    others: compared ? rows.map((row) => numberOf(row.compared?.values[output])) : undefined,
    growth: compared ? rows.map((row) => row.compared?.growth[output] ?? null) : undefined,
    total: numberOf(total.values[output]),
    otherTotal: numberOf(total.compared?.values[output]),
    totalGrowth: total.compared?.growth[output] ?? null,
  };
}

function keyOf({ group, other }: SeriesRef): string {
  return JSON.stringify([Object.values(group), other === true]);
}

function bySeries({ rows, totals }: TrendAnswer): { rows: readonly TrendRow[]; total: TrendTotal }[] {
  const series = new Map(totals.map((total) => [keyOf(total), [] as TrendRow[]]));
  for (const row of rows) series.get(keyOf(row))?.push(row);
  return totals.map((total) => ({ total, rows: series.get(keyOf(total)) ?? [] }));
}

function labelOf({ metrics, outputs }: TrendAnswer, metric: AnsweredMetric, output: string, series: SeriesRef): string {
  const group = series.other ? ["other"] : Object.values(series.group).map((value) => (value === null ? "none" : String(value)));
  const name = metrics.length > 1 ? [output] : outputs.length > 1 ? [output] : group.length > 0 ? [] : [metric.name];
  return printable([...(metrics.length > 1 ? name : group), ...(metrics.length > 1 ? group : name)].join(" "));
}

function numberOf(value: TrendValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}
