import type { ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, type FeatureSet, type Watermark } from "../../model/index.ts";
import { besideLabels, MISSING_IS_NULL } from "./beside-labels.ts";
import { countedColumns } from "./counted-columns.ts";
import { featureColumns, type FeatureColumn } from "./feature-columns.ts";
import { hotEntities } from "./hot-entities.ts";
import { eventsJoin, joinedFeatures } from "./joined-features.ts";
import { passSource, type PassSource } from "./pass-source.ts";
import type { PassPlan, PlanChoice } from "./plan.ts";
import type { SpineSlice, SpineTable } from "./spine-table.ts";
import type { TemporaryTables } from "./temporary-tables.ts";
import { tiledFeatures } from "./tiled-features.ts";

/** What to compute, and how. */
export interface FeatureWork {
  readonly spine: SpineTable;
  readonly set: FeatureSet;
  readonly asOf: Watermark;
  readonly plan: PlanChoice;
  /** Is told how many labels are done, now and then. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Computes every feature of every label into `table` (the spine's columns, then the features), in the spine's order. An event counts for a label at T iff
 * T - delay - window <= time < T - delay, it was known at T, and it lies at or before the watermark. Labels of entities with short histories are joined with
 * their events, a slice of the spine at a time; long histories are put into tiles first. No float is added up, so the values depend neither on the plan nor on threads.
 * @returns what was chosen for each type of event
 */
export async function computeFeatures(
  clickhouse: ClickHouse,
  tables: TemporaryTables,
  table: string,
  work: FeatureWork,
): Promise<readonly PassPlan[]> {
  const { asOf, onProgress, plan, set, spine } = work;
  const features = featureColumns(set);
  const counted = countedColumns(features);
  const plans: PassPlan[] = [];
  const results: string[] = [];
  const events = [...new Set(counted.map(({ event }) => event))];
  for (const event of events) {
    const own = counted.filter((column) => column.event === event);
    const sourceOf = (labels: Pick<SpineTable, "times">): PassSource => passSource(event, own, entityColumns(set), labels, asOf);
    const source = sourceOf(spine);
    const hot = await hotEntities(clickhouse, tables, spine, source, plan);
    plans.push(hot.plan);
    const result = await tables.create("values", ["spine_row UInt64", ...own.map(({ column, type }) => `${column} ${type}`)].join(", "));
    if (hot.table !== undefined) await tiledFeatures(clickhouse, tables, { ...hot, spine, source, result });
    for (const [index, slice] of spine.slices.entries()) {
      if (hot.plan.hot.labels < spine.rows) await joinFeatures(clickhouse, slice.of(spine.table), sourceOf(slice), hot.table, result);
      onProgress?.(Math.round((spine.rows * (results.length + (index + 1) / spine.slices.length)) / events.length));
    }
    results.push(result);
  }
  for (const slice of spine.slices) await assemble(clickhouse, table, { ...slice, table: spine.table }, features, results);
  return plans;
}

/** Puts the values of all passes beside the labels of a slice, and works the other features out from them. */
async function assemble(
  clickhouse: ClickHouse,
  table: string,
  { of, table: spine, times }: SpineSlice & Pick<SpineTable, "table">,
  features: readonly FeatureColumn[],
  results: readonly string[],
): Promise<void> {
  await clickhouse.command({
    name: "Put the features beside the labels",
    sql: `INSERT INTO ${table} ${besideLabels({ table: of(spine), times }, features, results.map(of))}`,
    settings: { ...MISSING_IS_NULL, max_insert_threads: "1" },
  });
}

/** Joins the events of one type with labels, but for those of hot entities. */
async function joinFeatures(
  clickhouse: ClickHouse,
  spine: string,
  source: PassSource,
  hot: string | undefined,
  result: string,
): Promise<void> {
  const cold = hot === undefined ? "" : ` WHERE spine_entity NOT IN (SELECT entity FROM ${hot})`;
  const labels = `(SELECT spine_row, spine_entity, spine_time FROM ${spine}${cold})`;
  await clickhouse.command({
    name: "Join the events with the labels",
    sql: `INSERT INTO ${result} ${joinedFeatures(source, eventsJoin(source, labels))}`,
    params: source.params,
  });
}
