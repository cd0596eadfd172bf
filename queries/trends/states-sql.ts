import { combinedState, fieldSql, identifier, type DimensionColumn, type RollupTable } from "../../clickhouse/index.ts";
import type { Watermark } from "../../model/index.ts";
import type { BoundSql } from "../bound-sql.ts";
import { filterSql } from "../filter/filter-sql.ts";
import type { ResolvedFilter } from "../filter/resolve-filter.ts";
import { atOrBefore } from "../watermark.ts";
import { bucketSql } from "./bucket-sql.ts";
import type { Range, TrendPlan } from "./plan.ts";

/** What is read of a plan's rows. */
export interface StatesQuestion {
  /** Edges of the buckets, microseconds since 1970. */
  readonly edges: readonly number[];
  readonly groupBy: readonly string[];
  readonly filters: readonly ResolvedFilter[];
  readonly asOf: Watermark | undefined;
}

/**
 * A subquery with one row for each bucket and group that has events: `b` (start of the bucket, microseconds), `g0`, `g1` … (values of the dimensions grouped by) and the metric's states
 * by their names. Rows of the rollup and of the raw events come out alike.
 */
export function statesSql(plan: TrendPlan, type: string, question: StatesQuestion): BoundSql {
  const { rollup, raw, table } = plan;
  const events = raw.length > 0 ? [statesOfRawEvents(table, type, raw, question)] : [];
  const rows = rollup ? [statesOfRollup(table, rollup, question), ...events] : events;
  const sql = rows.map((part) => part.sql).join("\nUNION ALL\n");
  const params = Object.assign({}, ...rows.map((part) => part.params));
  if (!rollup) return { sql, params };
  const keys = ["b", ...question.groupBy.map((_, index) => `g${index}`)];
  const states = table.measure.states.map((state) => `${combinedState(state)} AS ${identifier(state.name)}`);
  return { sql: `SELECT ${[...keys, ...states].join(", ")}\nFROM (\n${sql}\n)\nGROUP BY ${keys.join(", ")}`, params };
}

/** Dimensions that a trend is grouped by, in the order asked for. */
export function groupedBy(table: RollupTable, groupBy: readonly string[]): readonly DimensionColumn[] {
  return groupBy.flatMap((ref) => table.dimensions.filter((dimension) => dimension.ref === ref));
}

function statesOfRollup(table: RollupTable, { from, to }: Range, { edges, filters, groupBy }: StatesQuestion): BoundSql {
  const bucket = bucketSql(edges, `toInt64(${table.bucket}) * 1000000`);
  const wanted = filters.flatMap((filter, index) =>
    table.dimensions
      .filter(({ ref }) => ref === filter.field.ref)
      .map(({ name }) => filterSql(filter, identifier(name), `filter_${index}`)),
  );
  const conditions = [
    `${table.bucket} >= toDateTime64({rollup_from:Int64}, 0, 'UTC')`,
    `${table.bucket} < toDateTime64({rollup_to:Int64}, 0, 'UTC')`,
    ...wanted.map(({ sql }) => sql),
  ];
  const groups = groupedBy(table, groupBy).map(({ name }, index) => `${identifier(name)} AS g${index}`);
  const states = table.measure.states.map(({ name }) => identifier(name));
  return {
    sql: `SELECT ${[`${bucket.sql} AS b`, ...groups, ...states].join(", ")}\nFROM ${identifier(table.name)}\nWHERE ${conditions.join(" AND ")}`,
    params: Object.assign(
      { rollup_from: Math.max(0, from / 1_000_000), rollup_to: Math.max(0, to / 1_000_000) },
      bucket.params,
      ...wanted.map(({ params }) => params),
    ),
  };
}

function statesOfRawEvents(table: RollupTable, type: string, ranges: readonly Range[], question: StatesQuestion): BoundSql {
  const { asOf, edges, filters, groupBy } = question;
  const bucket = bucketSql(edges, "toUnixTimestamp64Micro(time)");
  const position = asOf ? atOrBefore(asOf) : { sql: "true", params: {} };
  const wanted = filters.map((filter, index) => filterSql(filter, fieldSql(filter.field).expression, `filter_${index}`));
  const bounds = ranges.map((_, index) => {
    const [from, to] = ["from", "to"].map((end) => `fromUnixTimestamp64Micro({${end}_${index}:Int64}, 'UTC')`);
    return `(time >= ${from} AND time < ${to})`;
  });
  const conditions = ["type = {type:String}", `(${bounds.join(" OR ")})`, ...wanted.map(({ sql }) => sql), position.sql];
  const groups = groupedBy(table, groupBy).map(({ expression }, index) => `${expression} AS g${index}`);
  const states = table.measure.states.map(({ name, state }) => `${state} AS ${identifier(name)}`);
  const times = ranges.flatMap(({ from, to }, index) => [
    [`from_${index}`, Math.max(0, from)],
    [`to_${index}`, Math.max(0, to)],
  ]);
  const keys = Array.from({ length: 1 + groups.length }, (_, index) => index + 1);
  return {
    sql: `SELECT ${[`${bucket.sql} AS b`, ...groups, ...states].join(", ")}\nFROM events\nWHERE ${conditions.join(" AND ")}\nGROUP BY ${keys.join(", ")}`,
    params: Object.assign({ type }, Object.fromEntries(times), bucket.params, position.params, ...wanted.map(({ params }) => params)),
  };
}
