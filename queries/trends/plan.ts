import { identifier, literal, rollupTable, type RollupTable } from "../../clickhouse/index.ts";
import { atEachGrain, type Metric } from "../../model/index.ts";
import type { ResolvedFilter } from "../filter/resolve-filter.ts";
import type { Frame } from "./frame.ts";
import type { RollupStates } from "./rollup-states.ts";
import type { TrendSource } from "./trend-answer.ts";

/** Which rows a metric is measured from. Ranges are microseconds, half-open. */
export interface TrendPlan {
  readonly source: TrendSource;
  /** The finest rollup; states, dimensions and outputs of the others are the same. */
  readonly table: RollupTable;
  /** What rollups answer, the coarsest first; none = nothing. */
  readonly rollups: readonly RollupRanges[];
  /** The parts that the raw events answer. */
  readonly raw: readonly Range[];
  /** Rollups that are not read, the coarsest first. */
  readonly passedOver: readonly PassedOver[];
}

/** What one rollup answers. */
export interface RollupRanges {
  readonly table: RollupTable;
  readonly grain: string;
  readonly ranges: readonly Range[];
}

/** A rollup that is not read, and why not, as a sentence. */
export interface PassedOver {
  readonly table: string;
  readonly why: string;
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
 * Chooses rollups wherever their answer is exactly that of the raw events: one holds the whole history and every field filtered by, every edge between buckets falls between
 * rows of it, and nothing is asked about the past state of the log. The coarsest answers what whole rows of it fill; the ends that it leaves go to the next finer one, and what cuts rows of all to the raw
 * events. Each row comes of one row or more of the finer rollup, or of one event or more, so where several would do the coarsest is never the dearer one.
 */
export function planTrend(states: RollupStates, { metric, filters, onlyRaw }: ToMeasure, frame: Frame): TrendPlan {
  let left: readonly Range[] = [{ from: frame.from, to: frame.to }];
  const rollups: RollupRanges[] = [];
  const passedOver: PassedOver[] = [];
  for (const each of atEachGrain(metric).toReversed()) {
    const table = rollupTable(each);
    const ranges = left.flatMap((range) => wholeRows(table, range) ?? []);
    const why = onlyRaw ?? whyNotExact(each, table, filters, frame) ?? states.get(table.name);
    if (why !== undefined || ranges.length === 0)
      passedOver.push({ table: table.name, why: why ?? "Coarser rows answer all that it could." });
    else {
      rollups.push({ table, grain: each.grain, ranges });
      left = left.flatMap((range) => endsOf(range, wholeRows(table, range)));
    }
  }
  const [coarsest, ...finer] = rollups;
  if (!coarsest) return { ...rawPlan(metric, frame, passedOver.at(-1)?.why ?? ""), passedOver };
  const ends = [...finer.map(({ grain }) => `the rollup of ${grain}`), ...(left.length > 0 ? ["the raw events"] : [])];
  const rest = ends.length === 0 ? "" : `; the ends of the range that cut a row come from ${ends.join(" and ")}`;
  const why = `The rollup of ${coarsest.grain} is complete and its rows fit into the buckets${rest}.`;
  const source: TrendSource = { metric: metric.name, kind: left.length > 0 ? "mixed" : "rollup", table: coarsest.table.name, why };
  return { source, table: rollupTable(metric), rollups, raw: left, passedOver };
}

/** Reads all of a frame from the raw events. */
export function rawPlan(metric: Metric, { from, to }: Frame, why: string): TrendPlan {
  const source: TrendSource = { metric: metric.name, kind: "raw", table: "events", why };
  return { source, table: rollupTable(metric), rollups: [], raw: [{ from, to }], passedOver: [] };
}

/** The part of a range that whole rows of a rollup fill. */
function wholeRows({ bucketSeconds }: RollupTable, { from, to }: Range): Range | undefined {
  const width = bucketSeconds * 1_000_000;
  const rows = { from: Math.ceil(from / width) * width, to: Math.floor(to / width) * width };
  return rows.from < rows.to ? rows : undefined;
}

/** What a part of a range leaves of it. */
function endsOf(range: Range, part: Range | undefined): Range[] {
  if (!part) return [range];
  return [
    { from: range.from, to: part.from },
    { from: part.to, to: range.to },
  ].filter(({ from, to }) => from < to);
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
 * The subqueries are the same for all rollups of a project, so a query that reads many has them worked out once.
 * @param database unquoted
 */
export function wholeRollupSql({ name, viewName }: RollupTable, database: string): string {
  const versions = `SELECT groupArrayIf(rollup, complete) FROM ${identifier(database)}.rollup_versions FINAL`;
  const views = `SELECT groupArray(name) FROM system.tables WHERE database = ${literal(database)} AND endsWith(name, '_view')`;
  return `(has((${versions}), ${literal(name)}) AND has((${views}), ${literal(viewName)}))`;
}
