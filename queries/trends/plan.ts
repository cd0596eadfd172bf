import { identifier, literal, rollupTable, type ClickHouse, type RollupTable } from "../../clickhouse/index.ts";
import type { ResolvedTrend } from "./resolve-request.ts";
import type { TrendRequest, TrendSource } from "./trend-request.ts";

/** Which rows a trend is computed from. Ranges are microseconds, half-open. */
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

/**
 * Chooses the rollup wherever its answer is exactly that of the raw events: it holds the whole history, every edge between buckets falls between
 * rows of it, and nothing is asked about the past state of the log. Ends of the range that cut a row of the rollup are read from the raw events.
 */
export async function planTrend(clickhouse: ClickHouse, resolved: ResolvedTrend, request: TrendRequest): Promise<TrendPlan> {
  const { metric, from, to, edges } = resolved;
  const table = rollupTable(metric);
  const raw = (why: string): TrendPlan => ({
    source: { kind: "raw", table: "events", why },
    table,
    rollup: undefined,
    raw: [{ from, to }],
  });
  if (request.source === "raw") return raw("The raw events were asked for.");
  if (request.asOf) return raw("A past state of the log was asked for, and rollups know only the present one.");
  const width = table.bucketSeconds * 1_000_000;
  const cut = edges.slice(1, -1).find((edge) => edge % width !== 0);
  if (cut !== undefined) {
    return raw(`The rollup's rows of ${metric.grain} do not fit into the buckets: one begins at ${new Date(cut / 1_000).toISOString()}.`);
  }
  const rollup = { from: Math.ceil(from / width) * width, to: Math.floor(to / width) * width };
  if (rollup.from >= rollup.to) return raw(`The range holds no whole row of the rollup, which are of ${metric.grain}.`);
  const missing = await whyNotComplete(clickhouse, table, metric.name);
  if (missing !== undefined) return raw(missing);
  const ends = [
    { from, to: rollup.from },
    { from: rollup.to, to },
  ].filter((end) => end.from < end.to);
  const why = `The rollup of ${metric.grain} is complete and its rows fit into the buckets`;
  const source: TrendSource =
    ends.length === 0
      ? { kind: "rollup", table: table.name, why: `${why}.` }
      : { kind: "mixed", table: table.name, why: `${why}; the ends of the range that cut a row come from the raw events.` };
  return { source, table, rollup, raw: ends };
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

/** A rollup without its view misses events from now on, so both are asked for. */
async function whyNotComplete(clickhouse: ClickHouse, table: RollupTable, metric: string): Promise<string | undefined> {
  const [found] = await clickhouse.rows<{ versions: string; complete: string; views: string }>({
    name: "Look for the rollup",
    sql: `SELECT count() AS versions, countIf(complete) AS complete,
        (SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {view:String}) AS views
      FROM rollup_versions FINAL WHERE rollup = {rollup:String}`,
    params: { rollup: table.name, view: table.viewName },
  });
  if (!found || found.versions === "0") return `There is no rollup ${table.name} yet: "hydrograph migrate" makes it.`;
  if (found.complete === "0")
    return `The rollup ${table.name} lacks events from before it was made: "hydrograph rebuild ${metric}" fills it.`;
  return found.views === "0" ? `The view that feeds ${table.name} is gone: "hydrograph migrate" makes it again.` : undefined;
}
