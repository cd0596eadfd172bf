import { fieldSql, identifier, measureSql, type ClickHouse } from "../../clickhouse/index.ts";
import { durationMs, resolveField, type EventDefinition, type Feature, type FeatureSet, type Watermark } from "../../model/index.ts";
import { atOrBefore } from "../watermark.ts";
import type { SpineTable } from "./spine-table.ts";

/** A feature as a column of the training set. */
export interface FeatureColumn {
  readonly name: string;
  /** ClickHouse type: counts are whole numbers and never null; every other measure is null where no event of the window has the field. */
  readonly type: "Int64" | "Nullable(Float64)" | "Nullable(String)";
  /** Aggregate over events joined to labels. */
  readonly aggregate: string;
}

/** One reading of the events of one type, which gives all features over them. */
interface Pass {
  readonly event: EventDefinition;
  readonly entity: string;
  readonly features: readonly FeatureColumn[];
  /** An event can count if its age at the label's time, in microseconds, is above `delay` and at most `reach`. */
  readonly delay: number;
  readonly reach: number;
}

/** Longer windows see no more: times lie within 230 years. It keeps microseconds exact as JavaScript numbers. */
const LONGEST_MS = 250 * 365.25 * 86_400_000;

/** A feature's window as ages of events at the label's time T: T - delay - window <= time < T - delay is delay < T - time <= delay + window. */
function ages(feature: Feature): { delay: number; reach: number } {
  const delay = Math.min(durationMs(feature.delay ?? "0s"), LONGEST_MS);
  return { delay: delay * 1_000, reach: Math.min(delay + durationMs(feature.window), LONGEST_MS) * 1_000 };
}

/** The columns that a feature set adds to its labels, in the order of declaration. */
export function featureColumns(set: FeatureSet): readonly FeatureColumn[] {
  return Object.entries(set.features).map(([name, feature]) => featureColumn(name, feature));
}

function featureColumn(name: string, feature: Feature): FeatureColumn {
  const { delay, reach } = ages(feature);
  const measure = measureSql(feature.metric, `age > ${delay} AND age <= ${reach}`);
  const [output] = measure.outputs;
  if (!output || measure.outputs.length > 1)
    throw new Error(`Feature "${name}": a feature is one number; "${feature.metric.name}" has several.`);
  if (feature.metric.measure.kind === "count") return { name, type: "Int64", aggregate: `toInt64(${output.raw})` };
  const type = output.type === "Nullable(String)" ? output.type : "Nullable(Float64)";
  return { name, type, aggregate: `if(${measure.values} = 0, NULL, ${output.raw})` };
}

function passes(set: FeatureSet): readonly Pass[] {
  const events = new Set(Object.values(set.features).map((feature) => feature.metric.event));
  return [...events].map((event) => {
    const own = Object.entries(set.features).filter(([, feature]) => feature.metric.event === event);
    const windows = own.map(([, feature]) => ages(feature));
    return {
      event,
      entity: entitySql(event, set.entity),
      features: own.map(([name, feature]) => featureColumn(name, feature)),
      delay: Math.min(...windows.map(({ delay }) => delay)),
      reach: Math.max(...windows.map(({ reach }) => reach)),
    };
  });
}

function entitySql(event: EventDefinition, ref: string): string {
  const field = resolveField(event, ref);
  if ("problem" in field) throw new Error(`No entity: ${field.problem}.`);
  return `toString(${fieldSql(field).expression})`;
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
  const all = passes(set);
  const known = atOrBefore(asOf);
  const joins = all.map(
    (pass, index) => `LEFT JOIN (${passSql(pass, index, spine, known.sql)}) AS pass_${index} ON pass_${index}.row = spine.spine_row`,
  );
  const values = featureColumns(set).map(({ name, type }) => {
    const index = all.findIndex((pass) => pass.features.some((feature) => feature.name === name));
    const value = `pass_${index}.${identifier(name)}`;
    return type === "Int64" ? `ifNull(${value}, 0)` : value;
  });
  await clickhouse.command({
    name: "Compute the features",
    sql: `INSERT INTO ${table} SELECT spine.*, ${values.join(", ")}\nFROM ${spine.table} AS spine\n${joins.join("\n")}\nORDER BY spine.spine_row`,
    params: Object.assign({}, known.params, ...all.map((pass, index) => bounds(pass, index, spine))) as Record<string, unknown>,
    settings: { join_use_nulls: 1, max_insert_threads: "1" },
  });
}

/** What the events in question must be, as far as one label does not matter: ClickHouse finds them by its primary key. */
function bounds(pass: Pass, index: number, { times }: SpineTable): Record<string, unknown> {
  return {
    [`type_${index}`]: pass.event.type,
    [`from_${index}`]: Math.max(0, times.first - pass.reach),
    [`to_${index}`]: Math.max(0, times.last - pass.delay),
  };
}

function passSql(pass: Pass, index: number, spine: SpineTable, known: string): string {
  const features = pass.features.map(({ name, aggregate }) => `${aggregate} AS ${identifier(name)}`);
  return `WITH toUnixTimestamp64Micro(label.spine_time) - toUnixTimestamp64Micro(time) AS age
SELECT label.spine_row AS row, ${features.join(", ")}
FROM events INNER JOIN (SELECT spine_row, spine_entity, spine_time FROM ${spine.table}) AS label ON ${pass.entity} = label.spine_entity
WHERE type = {type_${index}:String}
  AND time >= fromUnixTimestamp64Micro({from_${index}:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to_${index}:Int64}, 'UTC')
  AND ${known}
  AND known_at <= label.spine_time AND age > ${pass.delay} AND age <= ${pass.reach}
GROUP BY label.spine_row`;
}
