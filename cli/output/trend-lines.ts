import type { AnsweredMetric, SeriesRef, TrendAnswer, TrendRow, TrendTotal, TrendValue } from "../../queries/index.ts";
import type { Series } from "./chart.ts";
import { printable } from "./table.ts";

/** One line of an answer: one value of one series, over all buckets. */
export interface TrendLine extends Series {
  readonly metric: AnsweredMetric;
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

function lineOf(
  answer: TrendAnswer,
  metric: AnsweredMetric,
  output: string,
  rows: readonly TrendRow[],
  total: TrendTotal | undefined,
): TrendLine {
  const compared = answer.comparedWith !== undefined;
  return {
    label: labelOf(answer, metric, output, total),
    metric,
    values: rows.map(({ values }) => numberOf(values[output])),
    others: compared ? rows.map((row) => numberOf(row.compared?.values[output])) : undefined,
    growth: compared ? rows.map((row) => row.compared?.growth[output] ?? null) : undefined,
    total: numberOf(total?.values[output]),
    otherTotal: numberOf(total?.compared?.values[output]),
    totalGrowth: total?.compared?.growth[output] ?? null,
  };
}

/** Rows come by time, and the series within each bucket in the order of the totals. */
function bySeries({ rows, totals }: TrendAnswer): { rows: TrendRow[]; total: TrendTotal | undefined }[] {
  return totals.map((total, place) => ({ total, rows: rows.filter((_, index) => index % totals.length === place) }));
}

function labelOf({ metrics, outputs }: TrendAnswer, metric: AnsweredMetric, output: string, series: SeriesRef | undefined): string {
  const group = series?.other ? ["other"] : Object.values(series?.group ?? {}).map((value) => (value === null ? "none" : String(value)));
  const name = metrics.length > 1 ? [output] : outputs.length > 1 ? [output] : group.length > 0 ? [] : [metric.name];
  return printable([...(metrics.length > 1 ? name : group), ...(metrics.length > 1 ? group : name)].join(" "));
}

function numberOf(value: TrendValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}
