import type { Watermark } from "../../model/index.ts";
import type { AskedMetric } from "./asked-metric.ts";
import { compareValues } from "./compare-values.ts";
import { rangeStart, type Frame } from "./frame.ts";
import type { FrameMeasured } from "./measure-frame.ts";
import { groupSeries, type OutputSeries } from "./metric-series.ts";
import type { ResolvedComparison, ResolvedTrend } from "./resolve-request.ts";
import { allGroups, checkSize, type Group } from "./series.ts";
import type {
  AnsweredMetric,
  BucketState,
  SeriesRef,
  TrendAnswer,
  TrendRow,
  TrendSource,
  TrendTotal,
  TrendValues,
} from "./trend-answer.ts";

/** What was measured, and how far it is known. */
export interface Findings {
  readonly main: FrameMeasured;
  /** With `compare`. */
  readonly other: FrameMeasured | undefined;
  readonly watermark: Watermark;
  /** Until when all is known, microseconds since 1970; -Infinity = nothing is. */
  readonly knownTo: number;
  readonly stateOf: (end: number) => BucketState;
}

/** One series of the answer, and its counterpart in the other period. */
interface Line {
  readonly ref: SeriesRef;
  readonly outputs: readonly OutputSeries[];
  readonly others: readonly OutputSeries[] | undefined;
}

/** Puts the answer together. @throws QueryError if it has too many rows */
export function buildAnswer(resolved: ResolvedTrend, findings: Findings): TrendAnswer {
  const { compared, frame, groupBy, metrics, present, request } = resolved;
  const { main, other } = findings;
  const groups = allGroups([...main.parts.values(), ...(other?.parts.values() ?? [])], groupBy.length);
  checkSize(groups.length, frame.edges.length - 1 - frame.lead);
  const lines = groups.map((group): Line => ({
    ref: seriesRef(group, groupBy),
    outputs: groupSeries(metrics, main, frame, group, request),
    others: compared && other && groupSeries(metrics, other, compared.frame, group, request),
  }));
  const range = { from: rangeStart(frame), to: frame.to };
  return {
    metrics: metrics.map((asked) => answeredMetric(asked, resolved)),
    ...dates(range),
    grain: request.grain,
    timezone: present.timezone,
    groupBy,
    ...(request.window ? { window: request.window } : {}),
    ...(request.transform ? { transform: request.transform } : {}),
    outputs: metrics.flatMap(({ outputs }) => outputs.map(({ key }) => key)),
    rows: rowsOf(lines, frame, compared, findings),
    totals: lines.map((line) => totalOf(line, range.to <= findings.knownTo)),
    ...(compared ? { comparedWith: { period: request.compare ?? "", ...dates(compared.range) } } : {}),
    watermark: findings.watermark,
    sources: distinct([...main.sources, ...(other?.sources ?? [])]),
  };
}

function dates({ from, to }: { readonly from: number; readonly to: number }): { from: Date; to: Date } {
  return { from: new Date(from / 1_000), to: new Date(to / 1_000) };
}

function seriesRef({ other, values }: Group, groupBy: readonly string[]): SeriesRef {
  const group = Object.fromEntries(groupBy.map((ref, index) => [ref, values[index] ?? null]));
  return other ? { group, other } : { group };
}

function rowsOf(
  lines: readonly Line[],
  frame: Frame,
  compared: ResolvedComparison | undefined,
  { knownTo, stateOf }: Findings,
): TrendRow[] {
  const edges = frame.edges.slice(frame.lead);
  const from = rangeStart(frame);
  return edges.slice(0, -1).flatMap((start, place) => {
    const end = edges[place + 1] ?? start;
    const bucket = {
      start: new Date(start / 1_000),
      end: new Date(end / 1_000),
      state: stateOf(end),
      partial: start < from || end > frame.to,
    };
    const known = Math.min(end, frame.to) <= knownTo;
    return lines.map(({ ref, outputs, others }): TrendRow => {
      const values = Object.fromEntries(outputs.map(({ output, values: column }) => [output.key, column[place] ?? null]));
      return {
        ...bucket,
        ...ref,
        values,
        ...(compared && others ? { compared: comparedRow(outputs, others, place, compared, known) } : {}),
      };
    });
  });
}

function comparedRow(
  outputs: readonly OutputSeries[],
  others: readonly OutputSeries[],
  place: number,
  { counterparts, frame }: ResolvedComparison,
  known: boolean,
): Exclude<TrendRow["compared"], undefined> {
  const there = counterparts[place];
  if (there === undefined) return null;
  const [start = 0, end = 0] = frame.edges.slice(frame.lead + there);
  const pairs = outputs.map(({ asked, output, values }, index) => {
    return { key: output.key, value: values[place] ?? null, other: others[index]?.values[there] ?? null, decimals: asked.decimals };
  });
  return { start: new Date(start / 1_000), end: new Date(end / 1_000), ...compareValues(pairs, known) };
}

function totalOf({ ref, outputs, others }: Line, known: boolean): TrendTotal {
  const values: TrendValues = Object.fromEntries(outputs.map(({ output, total }) => [output.key, total]));
  if (!others) return { ...ref, values };
  const pairs = outputs.map(({ asked, output, total }, index) => {
    return { key: output.key, value: total, other: others[index]?.total ?? null, decimals: asked.decimals };
  });
  return { ...ref, values, compared: compareValues(pairs, known) };
}

function answeredMetric({ adds, metric, outputs }: AskedMetric, { request }: ResolvedTrend): AnsweredMetric {
  const unit = unitOf(metric.unit, request.transform);
  return {
    name: metric.name,
    ...(metric.description === undefined ? {} : { description: metric.description }),
    ...(unit === undefined ? {} : { unit }),
    outputs: outputs.map(({ key }) => key),
    adds: adds && request.window === undefined && request.transform === undefined,
  };
}

function unitOf(unit: string | undefined, transform: ResolvedTrend["request"]["transform"]): string | undefined {
  if (transform === "growth") return "%";
  return transform === "rate" ? `${unit ?? ""}/s` : unit;
}

function distinct(sources: readonly TrendSource[]): TrendSource[] {
  return [...new Map(sources.map((source) => [JSON.stringify(source), source])).values()];
}
