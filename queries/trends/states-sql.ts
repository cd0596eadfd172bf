import { combinedState, fieldSql, identifier, type DimensionColumn, type RollupTable } from "../../clickhouse/index.ts";
import type { Watermark } from "../../model/index.ts";
import type { Bindings } from "../bindings.ts";
import { filterSql } from "../filter/filter-sql.ts";
import type { ResolvedFilter } from "../filter/resolve-filter.ts";
import { atOrBefore } from "../watermark.ts";
import { bucketKeySql, bucketSql } from "./bucket-sql.ts";
import type { Range, RollupRanges, TrendPlan } from "./plan.ts";

/** What is read of a plan's rows. */
export interface StatesQuestion {
  /** Edges of the buckets, microseconds since 1970. */
  readonly edges: readonly number[];
  readonly groupBy: readonly string[];
  readonly filters: readonly ResolvedFilter[];
  readonly asOf: Watermark | undefined;
}

/**
 * A subquery of mergeable rows: `b` (start of the bucket, microseconds), `g0`, `g1` … (values of the dimensions grouped by) and the metric's states by their names. Rows of the rollup come as
 * they are, those of the raw events one for each bucket and group; all come out alike.
 */
export function stateRowsSql({ rollups, raw, table }: TrendPlan, type: string, question: StatesQuestion, bindings: Bindings): string {
  const events = raw.length > 0 ? [statesOfRawEvents(table, type, raw, question, bindings)] : [];
  return [...rollups.map((rollup) => statesOfRollup(rollup, question, bindings)), ...events].join("\nUNION ALL\n");
}

/** The same with one row for each bucket and group that has events. */
export function statesSql(plan: TrendPlan, type: string, question: StatesQuestion, bindings: Bindings): string {
  const rows = stateRowsSql(plan, type, question, bindings);
  if (plan.rollups.length === 0) return rows;
  const keys = ["b", ...question.groupBy.map((_, index) => `g${index}`)];
  const states = plan.table.measure.states.map((state) => `${combinedState(state)} AS ${identifier(state.name)}`);
  return `SELECT ${[...keys, ...states].join(", ")}\nFROM (\n${rows}\n)\nGROUP BY ${keys.join(", ")}`;
}

/** Dimensions that a trend is grouped by, in the order asked for. */
export function groupedBy(table: RollupTable, groupBy: readonly string[]): readonly DimensionColumn[] {
  return groupBy.flatMap((ref) => table.dimensions.filter((dimension) => dimension.ref === ref));
}

function statesOfRollup({ ranges, table }: RollupRanges, { edges, filters, groupBy }: StatesQuestion, bindings: Bindings): string {
  const bucket = bucketSql(edges, `toInt64(${table.bucket}) * 1000000`, bindings);
  const wanted = filters.flatMap((filter) =>
    table.dimensions.filter(({ ref }) => ref === filter.field.ref).map(({ name }) => filterSql(filter, identifier(name), bindings)),
  );
  const bounds = ranges.map((range) => {
    const [from, to] = [range.from, range.to].map(
      (micros) => `toDateTime64(${bindings.bind("Int64", Math.max(0, micros / 1_000_000))}, 0, 'UTC')`,
    );
    return `(${table.bucket} >= ${from} AND ${table.bucket} < ${to})`;
  });
  const conditions = [`(${bounds.join(" OR ")})`, ...wanted];
  const groups = groupedBy(table, groupBy).map(({ name }, index) => `${identifier(name)} AS g${index}`);
  const states = table.measure.states.map(({ name }) => identifier(name));
  return `SELECT ${[`${bucket} AS b`, ...groups, ...states].join(", ")}\nFROM ${identifier(table.name)}\nWHERE ${conditions.join(" AND ")}`;
}

function statesOfRawEvents(
  table: RollupTable,
  type: string,
  ranges: readonly Range[],
  { asOf, edges, filters, groupBy }: StatesQuestion,
  bindings: Bindings,
): string {
  const [bucket, bucketKey] = [bucketSql, bucketKeySql].map((sql) => sql(edges, "toUnixTimestamp64Micro(time)", bindings));
  const bounds = ranges.map((range) => {
    const [from, to] = [range.from, range.to].map((micros) => bindings.moment(Math.max(0, micros)));
    return `(time >= ${from} AND time < ${to})`;
  });
  const conditions = [
    `type = ${bindings.bind("String", type)}`,
    `(${bounds.join(" OR ")})`,
    ...filters.map((filter) => filterSql(filter, fieldSql(filter.field).expression, bindings)),
    ...(asOf ? [atOrBefore(asOf, bindings)] : []),
  ];
  const groups = groupedBy(table, groupBy).map(({ expression }, index) => `${expression} AS g${index}`);
  const states = table.measure.states.map(({ name, state }) => `${state} AS ${identifier(name)}`);
  const keys = [bucketKey, ...groups.map((_, index) => index + 2)];
  return `SELECT ${[`${bucket} AS b`, ...groups, ...states].join(", ")}\nFROM events\nWHERE ${conditions.join(" AND ")}\nGROUP BY ${keys.join(", ")}`;
}
