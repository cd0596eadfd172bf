import type { NamedBucket } from "./bucket-names.ts";
import { sparkline } from "./chart.ts";
import { plural, showColumn, showPercent } from "./numbers.ts";
import { table, type Column } from "./table.ts";
import { periodName } from "./trend-table.ts";
import type { TrendLine } from "./trend-lines.ts";

/** More lines of one metric than this are not looked at. */
const SHOWN_SERIES = 12;
const SPARK_WIDTH = 62;

/** What is written behind a line's little chart. */
interface Numbers {
  readonly title: string;
  readonly cells: readonly string[];
}

/** Several series, a line each with a little chart: the greatest of each metric first. */
export function trendSparklines(lines: readonly TrendLine[], buckets: readonly NamedBucket[], period: string | undefined): string {
  const marks = buckets.map(({ mark }) => mark);
  const metrics = [...new Set(lines.map(({ metric }) => metric))];
  const shown = metrics.map((metric) => greatest(lines.filter((line) => line.metric === metric)));
  const blocks = shown.map((some) => numbersOf(some, buckets, period));
  const rows = shown.flatMap((some, block) =>
    some.map((line, index) => [
      line.label,
      sparkline(line, marks, SPARK_WIDTH),
      ...(blocks[block] ?? []).map(({ cells }) => cells[index] ?? ""),
    ]),
  );
  const span = `${buckets[0]?.name ?? ""} → ${buckets.at(-1)?.name ?? ""}`;
  const numbers = (blocks[0] ?? []).map(({ title }): Column => ({ title, align: "right" }));
  const rest = lines.length - rows.length;
  return `${table([{ title: "" }, { title: span }, ...numbers], rows)}${rest > 0 ? `… and ${plural(rest, "smaller series", "smaller series")}\n` : ""}`;
}

/** The greatest first; all that are not among the top stay last. */
function greatest(lines: readonly TrendLine[]): TrendLine[] {
  return lines.toSorted((a, b) => Number(a.other) - Number(b.other) || weight(b) - weight(a)).slice(0, SHOWN_SERIES);
}

function weight({ total, values }: TrendLine): number {
  return total === null ? values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0) : Math.abs(total);
}

function numbersOf(lines: readonly TrendLine[], buckets: readonly NamedBucket[], period: string | undefined): Numbers[] {
  const whole = buckets.findLastIndex(({ mark, partial }) => mark !== "open" && !partial);
  const most = lines
    .map(({ values }) => values.filter((value) => value !== null))
    .map((known) => (known.length === 0 ? null : Math.max(...known)));
  const compared =
    period === undefined
      ? []
      : [
          { title: periodName(period), cells: showColumn(lines.map(({ otherTotal }) => otherTotal)) },
          { title: "change", cells: lines.map(({ totalGrowth }) => showPercent(totalGrowth)) },
        ];
  return [
    { title: "whole range", cells: showColumn(lines.map(({ total }) => total)) },
    ...compared,
    { title: "most", cells: showColumn(most) },
    { title: "last whole", cells: showColumn(lines.map(({ values }) => values[whole] ?? null)) },
  ];
}
