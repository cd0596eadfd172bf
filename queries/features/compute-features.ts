import type { ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, type FeatureSet, type Watermark } from "../../model/index.ts";
import { besideLabels, MISSING_IS_NULL } from "./beside-labels.ts";
import { countedColumns } from "./counted-columns.ts";
import { featureColumns, type FeatureColumn } from "./feature-columns.ts";
import { hotEntities } from "./hot-entities.ts";
import { eventsJoin, joinedFeatures } from "./joined-features.ts";
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

/** Puts the values of all passes beside the labels, and works the other features out from them. */
async function assemble(
  clickhouse: ClickHouse,
  table: string,
  spine: SpineTable,
  features: readonly FeatureColumn[],
  results: readonly string[],
): Promise<void> {
  await clickhouse.command({
    name: "Put the features beside the labels",
    sql: `INSERT INTO ${table} ${besideLabels(spine, features, results)}`,
    settings: { ...MISSING_IS_NULL, max_insert_threads: "1" },
  });
}

/** Joins the events of one type with the labels, but for those of hot entities. */
async function joinFeatures(
  clickhouse: ClickHouse,
  spine: SpineTable,
  source: PassSource,
  hot: string | undefined,
  result: string,
): Promise<void> {
  const cold = hot === undefined ? "" : ` WHERE spine_entity NOT IN (SELECT entity FROM ${hot})`;
  const labels = `(SELECT spine_row, spine_entity, spine_time FROM ${spine.table}${cold})`;
  await clickhouse.command({
    name: "Join the events with the labels",
    sql: `INSERT INTO ${result} ${joinedFeatures(source, eventsJoin(source, labels))}`,
    params: source.params,
  });
}
