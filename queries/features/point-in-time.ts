import { fieldSql, measureSql, type ClickHouse } from "../../clickhouse/index.ts";
import { durationMs, resolveField, type EventDefinition, type FeatureSet, type Metric, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { atOrBefore } from "../watermark.ts";
import type { SpineTable } from "./spine-table.ts";

/** A feature as a column of the training set. */
export interface FeatureColumn {
  readonly name: string;
  /** Its name in the training set's table, which no column of `events` has. */
  readonly column: string;
  /** ClickHouse type: counts are whole numbers and never null; every other measure is null where no event of the window has the field. */
  readonly type: "Int64" | "Nullable(Float64)" | "Nullable(String)";
  readonly event: EventDefinition;
  /** An event can count if its age at the label's time, in microseconds, is above `delay` and at most `reach`. */
  readonly delay: number;
  readonly reach: number;
  /** Aggregate over events joined to labels. */
  readonly aggregate: string;
}

/** Longer windows see no more: times lie within 230 years. It keeps microseconds exact as JavaScript numbers. */
const LONGEST_MS = 250 * 365.25 * 86_400_000;

/** The columns that a feature set adds to its labels, in the order of declaration. */
export function featureColumns(set: FeatureSet): readonly FeatureColumn[] {
  return Object.entries(set.features).map(([name, { metric, window, delay: lateBy = "0s" }], index) => {
    // As ages of events at the label's time T: T - delay - window <= time < T - delay is delay < T - time <= delay + window.
    const delay = Math.min(durationMs(lateBy), LONGEST_MS) * 1_000;
    const reach = Math.min(durationMs(lateBy) + durationMs(window), LONGEST_MS) * 1_000;
    const value = valueSql(name, metric, `age > ${delay} AND age <= ${reach}`);
    return { name, column: `feature_${index}`, event: metric.event, delay, reach, ...value };
  });
}

function valueSql(name: string, metric: Metric, inWindow: string): Pick<FeatureColumn, "type" | "aggregate"> {
  const { outputs, values } = measureSql(metric, inWindow);
  const [output] = outputs;
  if (!output || outputs.length > 1) throw new Error(`Feature "${name}": a feature is one number; "${metric.name}" has several.`);
  if (metric.measure.kind === "count") return { type: "Int64", aggregate: `toInt64(${output.raw})` };
  const type = output.type === "Nullable(String)" ? output.type : "Nullable(Float64)";
  return { type, aggregate: `if(${values} = 0, NULL, ${output.raw})` };
}

/**
 * Computes every feature of every label into `table` (the spine's columns, then the features), in the spine's order. An event counts for a label at T iff
 * T - delay - window <= time < T - delay, it was known at T, and it lies at or before the watermark. Events are read once a type, as a stream;
 * the labels are what is held in memory. No float is added up, so the values do not depend on threads.
 */
export async function computeFeatures(
  clickhouse: ClickHouse,
  table: string,
  spine: SpineTable,
  set: FeatureSet,
  asOf: Watermark,
): Promise<void> {
  const features = featureColumns(set);
  const bindings = new Bindings();
  const known = atOrBefore(asOf, bindings);
  const passes = [...new Set(features.map(({ event }) => event))].map((event) => {
    const own = features.filter((feature) => feature.event === event);
    return passOf(event, own, entitySql(event, set.entity), spine, known, bindings);
  });
  const joins = passes.map((sql, index) => `LEFT JOIN (${sql}) AS pass_${index} ON pass_${index}.spine_row = spine.spine_row`);
  const values = features.map(({ column, type }) => (type === "Int64" ? `ifNull(${column}, 0)` : column));
  await clickhouse.command({
    name: "Compute the features",
    sql: `INSERT INTO ${table} SELECT spine.*, ${values.join(", ")}\nFROM ${spine.table} AS spine\n${joins.join("\n")}\nORDER BY spine.spine_row`,
    params: bindings.params,
    settings: { join_use_nulls: 1, max_insert_threads: "1" },
  });
}

function entitySql(event: EventDefinition, ref: string): string {
  const field = resolveField(event, ref);
  if ("problem" in field) throw new Error(`No entity: ${field.problem}.`);
  return `toString(${fieldSql(field).expression})`;
}

/**
 * One reading of the events of one type, which gives all features over them: a row for each label that any event counts for.
 * The first conditions hold for all labels, so that ClickHouse finds the events by its primary key; the rest is the rule itself.
 */
function passOf(
  event: EventDefinition,
  features: readonly FeatureColumn[],
  entity: string,
  spine: SpineTable,
  known: string,
  bindings: Bindings,
): string {
  const delay = Math.min(...features.map((feature) => feature.delay));
  const reach = Math.max(...features.map((feature) => feature.reach));
  const values = features.map(({ aggregate, column }) => `${aggregate} AS ${column}`);
  return `WITH toUnixTimestamp64Micro(label.spine_time) - toUnixTimestamp64Micro(time) AS age
SELECT label.spine_row AS spine_row, ${values.join(", ")}
FROM events INNER JOIN (SELECT spine_row, spine_entity, spine_time FROM ${spine.table}) AS label ON ${entity} = label.spine_entity
WHERE type = ${bindings.bind("String", event.type)}
  AND time >= ${bindings.moment(Math.max(0, spine.times.first - reach))} AND time < ${bindings.moment(Math.max(0, spine.times.last - delay))}
  AND ${known}
  AND known_at <= label.spine_time AND age > ${delay} AND age <= ${reach}
GROUP BY label.spine_row`;
}
