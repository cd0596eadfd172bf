import type { ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, type FeatureSet, type Watermark } from "../../model/index.ts";
import { countedColumns } from "./counted-columns.ts";
import { featureColumns, type FeatureColumn } from "./feature-columns.ts";
import { featureValues } from "./feature-values.ts";
import { hotEntities } from "./hot-entities.ts";
import { joinedValue } from "./joined-value.ts";
import { passSource, type PassSource } from "./pass-source.ts";
import type { PassPlan, PlanChoice } from "./plan.ts";
import type { SpineTable } from "./spine-table.ts";
import type { TemporaryTables } from "./temporary-tables.ts";
import { tiledFeatures } from "./tiled-features.ts";

/** What to compute, and how. */
export interface FeatureWork {
  readonly spine: SpineTable;
  readonly set: FeatureSet;
  readonly asOf: Watermark;
  readonly plan: PlanChoice;
}

/**
 * Computes every feature of every label into `table` (the spine's columns, then the features), in the spine's order. An event counts for a label at T iff
 * T - delay - window <= time < T - delay, it was known at T, and it lies at or before the watermark. Labels of entities with short histories are joined with
 * their events; long histories are put into tiles first. No float is added up, so the values depend neither on the plan nor on threads.
 * @returns what was chosen for each type of event
 */
export async function computeFeatures(
  clickhouse: ClickHouse,
  tables: TemporaryTables,
  table: string,
  { spine, set, asOf, plan }: FeatureWork,
): Promise<readonly PassPlan[]> {
  const features = featureColumns(set);
  const counted = countedColumns(features);
  const plans: PassPlan[] = [];
  const results: string[] = [];
  for (const event of new Set(counted.map((column) => column.event))) {
    const own = counted.filter((column) => column.event === event);
    const source = passSource(event, own, entityColumns(set), spine, asOf);
    const hot = await hotEntities(clickhouse, tables, spine, source, plan);
    plans.push(hot.plan);
    const result = await tables.create("values", ["spine_row UInt64", ...own.map(({ column, type }) => `${column} ${type}`)].join(", "));
    if (hot.table !== undefined) await tiledFeatures(clickhouse, tables, { ...hot, spine, source, result });
    if (hot.plan.hot.labels < spine.rows) await joinFeatures(clickhouse, spine, source, hot.table, result);
    results.push(result);
  }
  await assemble(clickhouse, table, spine, features, results);
  return plans;
}

/** Puts the values of all passes beside the labels, and works the other features out from them; a label that no event counts for has no row in a pass. */
async function assemble(
  clickhouse: ClickHouse,
  table: string,
  spine: SpineTable,
  features: readonly FeatureColumn[],
  results: readonly string[],
): Promise<void> {
  const joins = results.map((result, index) => `LEFT JOIN ${result} AS pass_${index} ON pass_${index}.spine_row = spine.spine_row`);
  const { values, with: clocks } = featureValues(features, spine);
  await clickhouse.command({
    name: "Put the features beside the labels",
    sql: `INSERT INTO ${table} ${clocks}SELECT spine.*, ${values.join(", ")}\nFROM ${spine.table} AS spine\n${joins.join("\n")}\nORDER BY spine.spine_row`,
    settings: { join_use_nulls: 1, max_insert_threads: "1" },
  });
}

/**
 * One reading of the events of one type, which gives all features over them: a row for each label that any event counts for.
 * Events are read as a stream; the labels are what is held in memory.
 */
async function joinFeatures(
  clickhouse: ClickHouse,
  spine: SpineTable,
  { features, entity, where, params }: PassSource,
  hot: string | undefined,
  result: string,
): Promise<void> {
  const delay = Math.min(...features.map((feature) => feature.delay));
  const reach = Math.max(...features.map((feature) => feature.reach));
  const values = features.map((feature) => `${joinedValue(feature)} AS ${feature.column}`);
  const cold = hot === undefined ? "" : ` WHERE spine_entity NOT IN (SELECT entity FROM ${hot})`;
  await clickhouse.command({
    name: "Join the events with the labels",
    sql: `INSERT INTO ${result} WITH toUnixTimestamp64Micro(label.spine_time) - toUnixTimestamp64Micro(time) AS age
SELECT label.spine_row AS spine_row, ${values.join(", ")}
FROM events INNER JOIN (SELECT spine_row, spine_entity, spine_time FROM ${spine.table}${cold}) AS label ON ${entity} = label.spine_entity
WHERE ${where}
  AND known_at <= label.spine_time AND age > ${delay} AND age <= ${reach}
GROUP BY label.spine_row`,
    params,
  });
}
