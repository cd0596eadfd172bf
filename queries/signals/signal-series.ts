import type { ClickHouse } from "../../clickhouse/index.ts";
import { type DimensionValue, grainOf, isDerived, longestMs, type Project, type Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { findMetric } from "../trends/asked-metric.ts";
import { trend } from "../trends/trend.ts";
import type { BucketState, TrendAnswer } from "../trends/trend-answer.ts";
import type { MetricRef, TrendRequest } from "../trends/trend-request.ts";
import { noiseScale, type NoiseScale } from "./noise-scale.ts";

/** What a signal is looked for in: a trend. */
export interface SignalRequest extends Pick<
  TrendRequest,
  "from" | "to" | "range" | "grain" | "timezone" | "groupBy" | "filter" | "asOf" | "source" | "now" | "ingestedUntil" | "signal"
> {
  /** A metric, ratio or formula of the project, or its name. Its values must be numbers. */
  readonly metric: MetricRef;
}

/** One bucket of a series. */
export interface SignalPoint {
  readonly start: Date;
  readonly end: Date;
  readonly state: BucketState;
  /** Whether the range holds only a part of the bucket. */
  readonly partial: boolean;
  readonly value: number | null;
}

/** The values of one group and one output of the measure, by time. */
export interface SignalSeries {
  readonly group: Readonly<Record<string, DimensionValue>>;
  readonly output: string;
  readonly points: readonly SignalPoint[];
}

/** What every signal says of the trend that it was found in. */
export interface SignalAnswer {
  readonly metric: string;
  readonly from: Date;
  readonly to: Date;
  readonly grain: string;
  readonly timezone: string;
  readonly groupBy: readonly string[];
  /** Every event at or before it is counted; with `asOf` no other. */
  readonly watermark: Watermark;
}

/** A trend in series, to be looked at one by one. */
export interface SignalTrend {
  readonly of: SignalAnswer;
  /** On which scale the noise of the values is even. */
  readonly scale: NoiseScale;
  readonly series: readonly SignalSeries[];
}

/** A point that may be learned from: its bucket is whole, over and ingested, and has a value. */
export function isTrained(point: SignalPoint): point is SignalPoint & { readonly value: number } {
  return point.state !== "open" && !point.partial && point.value !== null;
}

/**
 * Asks for the trend, and for so much of what came before it.
 * @param before buckets before the range to be had too, as far as an answer has room for them
 * @returns series that begin before the range by as much; `from` is the range's
 * @throws QueryError as `trend` does, and if the values are text
 */
export async function signalTrend(
  clickhouse: ClickHouse,
  project: Project,
  request: SignalRequest,
  before: (grain: string) => number,
): Promise<SignalTrend> {
  const asked = await trend(clickhouse, project, request);
  checkNumbers(asked);
  // Asked again as one range: a group that is silent in the range itself has its empty buckets then.
  const since = sinceWhen(asked, before(asked.grain));
  const answer = since === undefined ? asked : await trend(clickhouse, project, { ...unranged(request), from: since, to: asked.to });
  const metric = findMetric(project, request.metric);
  const { grain, groupBy, timezone, to, watermark } = answer;
  const scale = noiseScale(!isDerived(metric) && metric.measure.kind === "count");
  return {
    of: { metric: metric.name, from: asked.from, to, grain, timezone, groupBy, watermark },
    scale,
    series: seriesOf(answer).map((series) => sinceItBegan(series, asked.from)),
  };
}

/** A request without the words for its range, which the moments they meant take the place of. */
function unranged(request: SignalRequest): Omit<SignalRequest, "range"> {
  const copy: { range?: string } & Omit<SignalRequest, "range"> = { ...request };
  delete copy.range;
  return copy;
}

/** Leaves out what lies before a series' first value, up to the range: zeros of a time when there was nothing to count are no lesson. */
function sinceItBegan(series: SignalSeries, from: Date): SignalSeries {
  const first = series.points.findIndex(({ end, value }) => end > from || (value !== null && value !== 0));
  return { ...series, points: series.points.slice(Math.max(0, first)) };
}

/** When to begin, for so many buckets more. Undefined if there is no room for any. */
function sinceWhen({ from, grain, outputs, rows }: TrendAnswer, before: number): Date | undefined {
  const buckets = new Set(rows.map(({ start }) => start.getTime())).size;
  const series = Math.max(1, rows.length / Math.max(1, buckets)) * Math.max(1, outputs.length);
  const room = Math.min(MOST.buckets, Math.floor(MOST.rows / series)) - buckets - 2;
  const since = from.getTime() - Math.min(before, room) * longestMs(grainOf(grain));
  return since < from.getTime() && since >= 0 ? new Date(since) : undefined;
}

/** What an answer has room for; half the rows that a trend may have, as groups of the past come along. */
const MOST = { buckets: 50_000, rows: 125_000 };

function checkNumbers({ outputs, rows }: TrendAnswer): void {
  const isText = rows.some(({ values }) => outputs.some((output) => typeof values[output] === "string"));
  if (isText) throw new QueryError("A signal needs numbers, and the values of this metric are text.");
}

function seriesOf({ outputs, rows }: TrendAnswer): SignalSeries[] {
  const found = new Map<string, { group: SignalSeries["group"]; output: string; points: SignalPoint[] }>();
  for (const { end, group, partial, start, state, values } of rows) {
    for (const output of outputs) {
      const key = JSON.stringify([Object.values(group), output]);
      const series = found.get(key) ?? { group, output, points: [] };
      const value = values[output];
      series.points.push({ start, end, state, partial, value: typeof value === "number" ? value : null });
      found.set(key, series);
    }
  }
  return [...found.values()];
}
