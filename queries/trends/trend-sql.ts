import {
  identifier,
  rollupColumns,
  statesOfEvents,
  type DimensionColumn,
  type RollupTable,
  type Statement,
} from "../../clickhouse/index.ts";
import type { Watermark } from "../../model/index.ts";
import { atOrBefore } from "../watermark.ts";
import type { BoundSql } from "../bound-sql.ts";
import { bucketSql } from "./bucket-sql.ts";
import { filterSql } from "./dimension-filter.ts";
import type { Range, TrendPlan } from "./plan.ts";
import type { ResolvedTrend } from "./resolve-request.ts";

/**
 * The statement of a plan: one row for each bucket and series that has events, with columns `start` (microseconds), `g0`, `g1` … for the dimensions
 * grouped by and `v0`, `v1` … for the outputs of the measure.
 * @param limit most rows to return
 */
export function trendStatement(plan: TrendPlan, resolved: ResolvedTrend, limit: number, asOf: Watermark | undefined): Statement {
  const { table, rollup } = plan;
  const bucket = bucketSql(resolved.edges, rollup ? `toInt64(${table.bucket}) * 1000000` : "toUnixTimestamp64Micro(time)");
  const groups = groupedBy(table, resolved).map((dimension) => (rollup ? identifier(dimension.name) : dimension.expression));
  const values = table.measure.outputs.map((output) => (rollup ? output.merged : output.raw));
  const columns = [
    `${bucket.sql} AS start`,
    ...groups.map((sql, index) => `${sql} AS g${index}`),
    ...values.map((sql, index) => `${sql} AS v${index}`),
  ];
  const events = eventsSql(plan, resolved, asOf);
  const rows = rollup ? statesSql(table, rollup, resolved, plan.raw.length > 0 ? events : undefined) : events;
  return {
    name: `Trend of ${resolved.metric.name}`,
    sql: `SELECT ${columns.join(", ")}\nFROM ${rows.sql}\nGROUP BY ${["start", ...groups].map((_, index) => index + 1).join(", ")}\nLIMIT {limit:UInt64}`,
    params: { ...bucket.params, ...rows.params, ...filterParams(resolved), limit },
    // Columns of a rollup are named by users: no alias may stand for one of them.
    settings: { prefer_column_name_to_alias: 1 },
  };
}

/** The dimensions that a trend is grouped by, in the order asked for. */
export function groupedBy(table: RollupTable, { groupBy }: ResolvedTrend): readonly DimensionColumn[] {
  return groupBy.flatMap((ref) => table.dimensions.filter((dimension) => dimension.ref === ref));
}

/** The rows of `events` that count. */
function eventsSql({ raw, table }: TrendPlan, resolved: ResolvedTrend, asOf: Watermark | undefined): BoundSql {
  const position = asOf ? atOrBefore(asOf) : { sql: "true", params: {} };
  const ranges = raw.map((_, index) => {
    const [from, to] = ["from", "to"].map((end) => `fromUnixTimestamp64Micro({${end}_${index}:Int64}, 'UTC')`);
    return `(time >= ${from} AND time < ${to})`;
  });
  const conditions = [
    "type = {type:String}",
    `(${ranges.join(" OR ")})`,
    ...filters(table, resolved, ({ expression }) => expression),
    position.sql,
  ];
  const bounds = raw.flatMap(({ from, to }, index) => [
    [`from_${index}`, from],
    [`to_${index}`, to],
  ]);
  return {
    sql: `events WHERE ${conditions.join(" AND ")}`,
    params: { type: resolved.metric.event.type, ...position.params, ...Object.fromEntries(bounds) },
  };
}

/** The rows of the rollup that count and, for the ends of the range, rows made of events as the view would make them. */
function statesSql(table: RollupTable, { from, to }: Range, resolved: ResolvedTrend, events: BoundSql | undefined): BoundSql {
  const conditions = [
    `${table.bucket} >= toDateTime64({rollup_from:Int64}, 0, 'UTC')`,
    `${table.bucket} < toDateTime64({rollup_to:Int64}, 0, 'UTC')`,
    ...filters(table, resolved, ({ name }) => identifier(name)),
  ];
  const rollup = `SELECT ${rollupColumns(table).join(", ")} FROM ${identifier(table.name)} WHERE ${conditions.join(" AND ")}`;
  const params = { rollup_from: from / 1_000_000, rollup_to: to / 1_000_000 };
  if (!events) return { sql: `(${rollup})`, params };
  return { sql: `(${rollup}\nUNION ALL\n${statesOfEvents(table, events.sql)})`, params: { ...params, ...events.params } };
}

function filters(table: RollupTable, resolved: ResolvedTrend, sqlOf: (dimension: DimensionColumn) => string): string[] {
  return resolved.filters.flatMap((filter, index) =>
    table.dimensions.filter(({ ref }) => ref === filter.ref).map((dimension) => filterSql(filter, sqlOf(dimension), `filter_${index}`)),
  );
}

function filterParams({ filters: all }: ResolvedTrend): Record<string, unknown> {
  return Object.fromEntries(all.map(({ values }, index) => [`filter_${index}`, values]));
}
