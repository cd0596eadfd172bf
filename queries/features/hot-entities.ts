import type { ClickHouse } from "../../clickhouse/index.ts";
import type { PassSource } from "./pass-source.ts";
import {
  EVENTS_A_TILE,
  FEWEST_PAIRS,
  LEVEL_BITS,
  PAIRS_A_LABEL,
  PAIRS_AN_EVENT,
  SAMPLE,
  TOP_TILES,
  type PassPlan,
  type PlanChoice,
} from "./plan.ts";
import type { SpineTable } from "./spine-table.ts";
import type { TemporaryTables } from "./temporary-tables.ts";

/** Entities whose events are put into tiles: a table with `entity`, `id` from 1, and `shift`, the width of a tile of the lowest level as a power of two, in microseconds. */
export interface HotEntities {
  readonly table: string;
  readonly plan: PassPlan;
}

/** Finds the entities whose labels times events cost more than tiles would, by counting both. */
export async function hotEntities(
  clickhouse: ClickHouse,
  tables: TemporaryTables,
  spine: SpineTable,
  source: PassSource,
  choice: PlanChoice,
): Promise<HotEntities | { readonly table: undefined; readonly plan: PassPlan }> {
  const none = { entities: 0, labels: 0, events: 0 };
  const cold = (pairs: number | null) => ({ table: undefined, plan: { event: source.event.type, pairs, hot: none, levels: 0 } });
  if (choice === "join") return cold(null);
  if (choice === "auto") {
    const guess = await estimate(clickhouse, spine, source);
    if (guess.saved < FEWEST_PAIRS) return cold(guess.pairs);
  }
  const counts = await tables.create("counts", "entity String, labels UInt64, events UInt64, first Int64, last Int64");
  await clickhouse.command({
    name: "Count the events of each entity",
    sql: `INSERT INTO ${counts} SELECT spine_entity, any(labels), count(), min(at), max(at)
FROM (SELECT ${source.entity} AS entity, toUnixTimestamp64Micro(time) AS at FROM events WHERE ${source.where}) AS event
INNER JOIN (SELECT spine_entity, count() AS labels FROM ${spine.table} GROUP BY spine_entity) AS label ON event.entity = label.spine_entity GROUP BY spine_entity`,
    params: source.params,
  });
  const isHot = choice === "tiles" ? "true" : IS_HOT;
  const found = await summary(clickhouse, counts, isHot);
  if (found.hot.entities === 0 || (choice === "auto" && found.saved < FEWEST_PAIRS)) return cold(found.pairs);
  const table = await tables.create("hot", "entity String, id UInt32, shift UInt8");
  await clickhouse.command({
    name: "Set the hot entities apart",
    sql: `INSERT INTO ${table} SELECT entity, rowNumberInAllBlocks() + 1, ceil(log2(greatest(${EVENTS_A_TILE} * (last - first) / events, 1))) FROM ${counts} WHERE ${isHot}`,
    settings: { max_threads: 1, max_insert_threads: "1" },
  });
  const tilesOfLongest = found.longest / EVENTS_A_TILE;
  const levels = 1 + Math.max(0, Math.ceil(Math.log2(tilesOfLongest / TOP_TILES) / LEVEL_BITS));
  return { table, plan: { event: source.event.type, pairs: found.pairs, hot: found.hot, levels } };
}

/** Tiles cost less than the join's pairs. */
const IS_HOT = `labels * events > ${PAIRS_A_LABEL} * labels + ${PAIRS_AN_EVENT} * events`;

/** Pairs that the join would form, and those that tiles would save, from one event in sixteen: counting all would take a third of the time of a join of short histories. */
async function estimate(
  clickhouse: ClickHouse,
  spine: SpineTable,
  { entity, where, params }: PassSource,
): Promise<{ readonly pairs: number; readonly saved: number }> {
  const [row] = await clickhouse.rows<{ pairs: string; saved: string }>({
    name: "Estimate the lengths of histories",
    sql: `SELECT sum(labels * events) AS pairs, sumIf(labels * events, ${IS_HOT}) AS saved FROM (SELECT any(label.labels) AS labels, ${SAMPLE} * count() AS events
FROM (SELECT ${entity} AS entity FROM events WHERE ${where} AND seq % ${SAMPLE} = 0) AS event
INNER JOIN (SELECT spine_entity, count() AS labels FROM ${spine.table} GROUP BY spine_entity) AS label ON event.entity = label.spine_entity GROUP BY spine_entity)`,
    params,
  });
  return { pairs: Number(row?.pairs ?? 0), saved: Number(row?.saved ?? 0) };
}

interface Summary {
  readonly pairs: number;
  /** Pairs that need not be formed. */
  readonly saved: number;
  readonly longest: number;
  readonly hot: PassPlan["hot"];
}

async function summary(clickhouse: ClickHouse, counts: string, isHot: string): Promise<Summary> {
  const [row] = await clickhouse.rows<Record<string, string>>({
    name: "Look for hot entities",
    sql: `SELECT sum(labels * events) AS pairs, sumIf(labels * events, hot) AS saved, maxIf(events, hot) AS longest,
  countIf(hot) AS hot_entities, sumIf(labels, hot) AS hot_labels, sumIf(events, hot) AS hot_events
FROM (SELECT labels, events, ${isHot} AS hot FROM ${counts})`,
  });
  const number = (name: string): number => Number(row?.[name] ?? 0);
  const hot = { entities: number("hot_entities"), labels: number("hot_labels"), events: number("hot_events") };
  return { pairs: number("pairs"), saved: number("saved"), longest: number("longest"), hot };
}
