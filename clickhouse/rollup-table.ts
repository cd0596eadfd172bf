import { createHash } from "node:crypto";
import { fixedGrainMs, parseGrain, resolveField, type Metric } from "../model/index.ts";
import { fieldSql } from "./field-sql.ts";
import { identifier } from "./identifier.ts";
import { measureSql, type MeasureSql } from "./measure-sql.ts";

/** Columns of `events`; in a view `data.type AS type` would turn `WHERE type = …` into a condition on the dimension. */
const EVENT_COLUMNS = "stream epoch seq idx stored_at known_at time id type source subject version data enriched".split(" ");

/** A dimension as a key column of a rollup and as an expression over `events`. */
export interface DimensionColumn {
  /** The dimension as the metric names it. */
  readonly ref: string;
  /** Column name: dots of a nested path become "__"; "data__" goes in front of a name that is a column's already. */
  readonly name: string;
  readonly type: string;
  readonly expression: string;
}

/**
 * The table behind a metric: where transforms write states and queries read them. The name carries a hash of the definition, so a changed
 * metric gets a table of its own beside the old one, and a program with an older config goes on reading the table it knows.
 */
export interface RollupTable {
  readonly name: string;
  /** The materialized view that feeds it. */
  readonly viewName: string;
  /** Start of a row's bucket, `DateTime64(0, 'UTC')`. */
  readonly bucket: "bucket";
  /** Length of a bucket in seconds; buckets are aligned to the UTC epoch. */
  readonly bucketSeconds: number;
  /** Bucket of an event's time, over `events`; exact to the year 2299, where `toStartOfInterval` wraps in 2106. */
  readonly bucketExpression: string;
  readonly dimensions: readonly DimensionColumn[];
  readonly measure: MeasureSql;
}

/** The rollup of a metric. @throws Error if the metric is not one that `checkProject` accepts */
export function rollupTable(metric: Metric): RollupTable {
  const bucketSeconds = secondsOfGrain(metric);
  const dimensions = metric.dimensions.map((ref) => dimensionColumn(metric, ref));
  const measure = measureSql(metric);
  const bucketExpression = `toDateTime64(intDiv(toUnixTimestamp64Micro(time), ${bucketSeconds * 1_000_000}) * ${bucketSeconds}, 0, 'UTC')`;
  const definition = JSON.stringify([metric.event.type, bucketSeconds, dimensions, measure.states]);
  const name = `rollup_${metric.name}_${createHash("sha256").update(definition).digest("hex").slice(0, 8)}`;
  return { name, viewName: `${name}_view`, bucket: "bucket", bucketSeconds, bucketExpression, dimensions, measure };
}

/** Columns of a rollup in the order of its table, quoted: bucket, dimensions, states. */
export function rollupColumns({ bucket, dimensions, measure }: RollupTable): readonly string[] {
  return [bucket, ...[...dimensions, ...measure.states].map(({ name }) => identifier(name))];
}

/**
 * The SELECT that makes rows of a rollup from rows of `events`: what its view does, and what stands in for a rollup that lacks history.
 * @param events what stands behind FROM, e.g. "events WHERE type = 'order.placed'"
 */
export function statesOfEvents(table: RollupTable, events: string): string {
  const { bucketExpression, dimensions, measure } = table;
  const columns = rollupColumns(table);
  const made = [bucketExpression, ...dimensions.map(({ expression }) => expression), ...measure.states.map(({ state }) => state)];
  return `SELECT
    ${made.map((sql, index) => `${sql} AS ${columns[index] ?? ""}`).join(",\n    ")}
FROM ${events}
GROUP BY ${columns.slice(0, 1 + dimensions.length).join(", ")}`;
}

/** A row's length. Another grain than the one that is declared would be another table: full of numbers, and not the metric's. @throws Error if it is no length of time */
function secondsOfGrain({ grain, name }: Metric): number {
  const parsed = parseGrain(grain);
  const ms = parsed && fixedGrainMs(parsed);
  if (ms === undefined)
    throw new Error(`Metric "${name}": its grain "${grain}" is no length of time: write one such as "1 minute", "1 hour" or "24 hours".`);
  return ms / 1_000;
}

/** A dimension of a metric in SQL. @throws Error if the metric's event has no such field */
function dimensionColumn(metric: Metric, ref: string): DimensionColumn {
  const field = resolveField(metric.event, ref);
  if ("problem" in field) throw new Error(`Metric "${metric.name}": ${field.problem}.`);
  const { expression, type } = fieldSql(field);
  const plain = ref.replaceAll(".", "__");
  const name = field.column === "data" && isTaken(metric, plain) ? `data__${plain}` : plain;
  if (type.includes("String")) return { ref, name, type: `LowCardinality(${type})`, expression };
  // -0 and 0 are two groups to GROUP BY and one key to a merge: adding 0 makes them one.
  return { ref, name, type, expression: type.includes("Float64") ? `${expression} + 0` : expression };
}

/** Whether an alias of this name would hide a column of `events` from the rest of the statement, or meet a column of the rollup. */
function isTaken(metric: Metric, name: string): boolean {
  return name === "bucket" || EVENT_COLUMNS.includes(name) || measureSql(metric).states.some((state) => state.name === name);
}
