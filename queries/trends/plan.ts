import { identifier, literal, rollupTable, type RollupTable } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";
import type { ResolvedFilter } from "../filter/resolve-filter.ts";
import type { Frame } from "./frame.ts";
import type { RollupStates } from "./rollup-states.ts";
import type { TrendSource } from "./trend-answer.ts";

/** Which rows a metric is measured from. Ranges are microseconds, half-open. */
export interface TrendPlan {
  readonly source: TrendSource;
  readonly table: RollupTable;
  /** The part of the range that the rollup answers; undefined = none of it. */
  readonly rollup: Range | undefined;
  /** The parts that the raw events answer. */
  readonly raw: readonly Range[];
}

/** `[from, to)`, in microseconds since 1970. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What a plan is for. */
export interface ToMeasure {
  readonly metric: Metric;
  readonly filters: readonly ResolvedFilter[];
  /** Why the raw events must be read, if they must. */
  readonly onlyRaw: string | undefined;
}

/**
 * Chooses the rollup wherever its answer is exactly that of the raw events: it holds the whole history and every field filtered by, every edge between buckets falls between
 * rows of it, and nothing is asked about the past state of the log. Ends of the range that cut a row of the rollup are read from the raw events. Each row of a rollup comes of one
 * event or more, so where both would do the rollup is never the dearer one.
 */
export function planTrend(rollups: RollupStates, { metric, filters, onlyRaw }: ToMeasure, frame: Frame): TrendPlan {
  const { from, to } = frame;
  const table = rollupTable(metric);
  const rollup = wholeRows(table, frame);
  const why = onlyRaw ?? whyNotExact(metric, table, filters, frame) ?? rollups.get(table.name);
  if (why !== undefined || !rollup)
    return rawPlan(metric, frame, why ?? `The range holds no whole row of the rollup, which are of ${metric.grain}.`);
  const ends = [
    { from, to: rollup.from },
    { from: rollup.to, to },
  ].filter((end) => end.from < end.to);
  const fits = `The rollup of ${metric.grain} is complete and its rows fit into the buckets`;
  const named = { metric: metric.name, table: table.name };
  const source: TrendSource =
    ends.length === 0
      ? { ...named, kind: "rollup", why: `${fits}.` }
      : { ...named, kind: "mixed", why: `${fits}; the ends of the range that cut a row come from the raw events.` };
  return { source, table, rollup, raw: ends };
}

/** Reads all of a frame from the raw events. */
export function rawPlan(metric: Metric, { from, to }: Frame, why: string): TrendPlan {
  const source: TrendSource = { metric: metric.name, kind: "raw", table: "events", why };
  return { source, table: rollupTable(metric), rollup: undefined, raw: [{ from, to }] };
}

/** The part of a frame that whole rows of a rollup fill. */
function wholeRows({ bucketSeconds }: RollupTable, { from, to }: Frame): Range | undefined {
  const width = bucketSeconds * 1_000_000;
  const rollup = { from: Math.ceil(from / width) * width, to: Math.floor(to / width) * width };
  return rollup.from < rollup.to ? rollup : undefined;
}

/** What keeps the rollup's rows from being added up to the answer. */
function whyNotExact(
  { grain, dimensions }: Metric,
  table: RollupTable,
  filters: readonly ResolvedFilter[],
  frame: Frame,
): string | undefined {
  const missing = filters.find(({ field }) => !dimensions.includes(field.ref));
  if (missing) return `The filter is on ${missing.field.ref}, which is no dimension of the rollup.`;
  const cut = frame.edges.slice(1, -1).find((edge) => edge % (table.bucketSeconds * 1_000_000) !== 0);
  if (cut !== undefined)
    return `The rollup's rows of ${grain} do not fit into the buckets: one begins at ${new Date(cut / 1_000).toISOString()}.`;
  return wholeRows(table, frame) ? undefined : `The range holds no whole row of the rollup, which are of ${grain}.`;
}

/**
 * Whether a rollup holds the whole history and is still fed, as a scalar that an ad-hoc reader of the rollup must ask for, as a trend does.
 * @param database unquoted
 */
export function wholeRollupSql({ name, viewName }: RollupTable, database: string): string {
  const versions = `SELECT countIf(complete) FROM ${identifier(database)}.rollup_versions FINAL WHERE rollup = ${literal(name)}`;
  const views = `SELECT count() FROM system.tables WHERE database = ${literal(database)} AND name = ${literal(viewName)}`;
  return `((${versions}) > 0 AND (${views}) > 0)`;
}
