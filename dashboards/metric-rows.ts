import { identifier, literal, rollupColumns, rollupTable, statesOfEvents, type RollupTable } from "../clickhouse/index.ts";
import { atEachGrain, type Metric, type Project } from "../model/index.ts";
import { wholeRollupSql } from "../queries/index.ts";

/** A range of time, `[from, to)`: SQL expressions, DateTime64, at edges of the rollup's buckets. */
export interface RangeSql {
  readonly from: string;
  readonly to: string;
  /** What else rows are told apart by; absent = nobody knows, and only the finest rows will do. */
  readonly cuts?: RangeCuts;
}

/** Where a range is cut, so that no row may lie on both sides. */
export interface RangeCuts {
  /** Moments within the range: SQL expressions, DateTime64. */
  readonly moments: readonly string[];
  /** Holds if all other edges are those of rows of so many seconds. */
  readonly fits?: (seconds: number) => string;
}

/**
 * The states of a metric in a range, as a subquery: the rows of its rollup, or, while that lacks history or its view, rows made of the raw events as the view would make them.
 * A panel is then right from the moment a metric is declared. Whether the rollup is whole is a scalar, computed once before the query runs (about 25 ms a panel), and the branch
 * that is not wanted reads nothing. Raw events cost 0.1 s (a sum) to 5 s (quantiles by country) a million.
 *
 * Of a metric that has a coarser rollup its rows are read instead, but for those that an edge cuts.
 */
export function metricRows(project: Project, metric: Metric, range: RangeSql): string {
  const { from, to } = range;
  const table = rollupTable(metric);
  const database = identifier(project.name);
  const whole = wholeRollupSql(table, project.name);
  const coarse = coarseRows(project, metric, range);
  const events = `${database}.events
WHERE NOT ${whole} AND type = ${literal(metric.event.type)} AND time >= ${from} AND time < ${to}${coarse?.rest("time") ?? ""}`;
  return `(
SELECT ${rollupColumns(table).join(", ")}
FROM ${database}.${identifier(table.name)}
WHERE ${whole} AND ${table.bucket} >= ${from} AND ${table.bucket} < ${to}${coarse?.rest(table.bucket) ?? ""}
UNION ALL
${coarse === undefined ? "" : `${coarse.sql}\nUNION ALL\n`}${statesOfEvents(table, events)}
)`;
}

interface CoarseRows {
  readonly sql: string;
  /** The further condition for what is read besides, of a row's or an event's time. */
  readonly rest: (time: string) => string;
}

/** Rows of the metric's next coarser rollup; undefined if it has none. */
function coarseRows(project: Project, metric: Metric, { cuts, from, to }: RangeSql): CoarseRows | undefined {
  const [, coarser] = atEachGrain(metric);
  if (coarser === undefined || cuts === undefined) return undefined;
  const table = rollupTable(coarser);
  const { bucket, bucketSeconds } = table;
  const isCut = (time: string): string => [from, to, ...cuts.moments].map((moment) => inRowOf(table, moment, time)).join(" OR ");
  const usable = [wholeRollupSql(table, project.name), ...(cuts.fits ? [cuts.fits(bucketSeconds)] : [])].join(" AND ");
  return {
    sql: `SELECT ${rollupColumns(table).join(", ")}
FROM ${identifier(project.name)}.${identifier(table.name)}
WHERE ${usable} AND ${bucket} >= ${from} AND ${bucket} < ${to} AND NOT (${isCut(bucket)})`,
    rest: (time) => ` AND (NOT (${usable}) OR ${isCut(time)})`,
  };
}

/** Holds for times in the row that a moment lies in. */
function inRowOf({ bucketSeconds }: RollupTable, moment: string, time: string): string {
  const start = `toDateTime64(intDiv(toUnixTimestamp64Second(${moment}), ${bucketSeconds}) * ${bucketSeconds}, 0, 'UTC')`;
  return `(${time} >= ${start} AND ${time} < ${start} + toIntervalSecond(${bucketSeconds}))`;
}
