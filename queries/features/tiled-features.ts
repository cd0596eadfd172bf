import type { ClickHouse } from "../../clickhouse/index.ts";
import { buildTiles, type Tiles } from "./build-tiles.ts";
import { partDdl } from "./kept-measures.ts";
import type { PassSource } from "./pass-source.ts";
import { LABELS_AT_ONCE, LEVEL_BITS, type PassPlan } from "./plan.ts";
import { Segments } from "./segments.ts";
import type { SpineTable } from "./spine-table.ts";
import type { TemporaryTables } from "./temporary-tables.ts";

/** The labels of hot entities, and where their values go. */
export interface TiledWork {
  /** The hot entities' table. */
  readonly table: string;
  readonly plan: PassPlan;
  readonly spine: SpineTable;
  readonly source: PassSource;
  readonly result: string;
}

/**
 * Computes the features of labels whose entities have long histories. A label goes down the levels of tiles: one that lies within one segment of the label's windows and was known
 * at T as a whole counts as it is, one that an edge cuts, or that holds an event not known yet, is opened, and at the bottom its events are looked at one by one.
 */
export async function tiledFeatures(clickhouse: ClickHouse, tables: TemporaryTables, work: TiledWork): Promise<void> {
  const tiles = await buildTiles(clickhouse, tables, work);
  const labels = await tables.create("labels", "line UInt64, spine_row UInt64, id UInt32, t Int64");
  await clickhouse.command({
    name: "Number the hot labels",
    sql: `INSERT INTO ${labels} SELECT rowNumberInAllBlocks(), spine_row, id, toUnixTimestamp64Micro(spine_time)
FROM ${work.spine.table} INNER JOIN ${work.table} AS hot ON spine_entity = hot.entity`,
    settings: { max_threads: 1, max_insert_threads: "1" },
  });
  for (let from = 0; from < work.plan.hot.labels; from += LABELS_AT_ONCE) {
    const some = `(SELECT spine_row, id, t FROM ${labels} WHERE line >= ${from} AND line < ${from + LABELS_AT_ONCE})`;
    await descend(clickhouse, tables, work, tiles, some);
  }
}

async function descend(clickhouse: ClickHouse, tables: TemporaryTables, { source, result }: TiledWork, tiles: Tiles, labels: string) {
  const { parts, value } = tiles.measures;
  const segments = new Segments(source.features);
  const counted = await tables.create("counted", ["spine_row UInt64", "segment UInt16", ...parts.map(partDdl)].join(", "));
  const merged = parts.map(({ column, part }) => part.ofTiles(column));
  let opened: string | undefined;
  for (const [depth, level] of tiles.levels.entries()) {
    const from = opened === undefined ? joinAll(level, labels) : joinOpened(level, opened, `bitShiftRight(tile.tile, ${LEVEL_BITS})`);
    const judged = `SELECT spine_row, t, id, tile, ${parts.map(({ column }) => column).join(", ")},
    ${segments.of("t - last")} AS newest, ${segments.of("t - first")} AS oldest, newest = oldest AND known_last <= t AS whole
  FROM ${from} WHERE known_first <= t AND oldest > 0 AND newest < ${segments.count}`;
    await clickhouse.command({
      name: "Count whole tiles",
      sql: `INSERT INTO ${counted} SELECT spine_row, newest, ${merged.join(", ")} FROM (${judged}) WHERE whole GROUP BY spine_row, newest`,
    });
    const next = await tables.create("opened", "spine_row UInt64, t Int64, id UInt32, tile UInt64");
    await clickhouse.command({
      name: "Open the other tiles",
      sql: `INSERT INTO ${next} SELECT spine_row, t, id, tile FROM (${judged}) WHERE NOT whole`,
    });
    if (opened !== undefined) await tables.drop(opened);
    opened = next;
    if (depth === tiles.levels.length - 1) await countEvents(clickhouse, tiles, segments, next, counted);
  }
  await clickhouse.command({
    name: "Put the segments together",
    sql: `INSERT INTO ${result} SELECT spine_row, ${source.features.map((feature) => value(feature, segments.within(feature))).join(", ")}
FROM ${counted} GROUP BY spine_row`,
  });
  if (opened !== undefined) await tables.drop(opened);
  await tables.drop(counted);
}

function joinAll(level: string, labels: string): string {
  return `${level} AS tile INNER JOIN ${labels} AS label ON tile.id = label.id`;
}

function joinOpened(level: string, opened: string, parent: string): string {
  return `${level} AS tile INNER JOIN (SELECT spine_row, t, id, tile AS parent FROM ${opened}) AS label ON tile.id = label.id AND ${parent} = label.parent`;
}

async function countEvents(clickhouse: ClickHouse, { events, measures }: Tiles, segments: Segments, opened: string, counted: string) {
  await clickhouse.command({
    name: "Count the events of opened tiles",
    sql: `INSERT INTO ${counted} SELECT spine_row, ${segments.of("t - at")} AS segment, ${measures.parts.map(({ part }) => part.ofEvents).join(", ")}
FROM ${joinOpened(events, opened, "tile.tile")}
WHERE known <= t AND segment > 0 AND segment < ${segments.count} GROUP BY spine_row, segment`,
  });
}
