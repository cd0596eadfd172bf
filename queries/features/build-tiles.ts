import type { ClickHouse } from "../../clickhouse/index.ts";
import { inputDdl, keptMeasures, partDdl, type KeptInput, type KeptMeasures } from "./kept-measures.ts";
import { LOG_ORDER, ORDER_COLUMNS } from "./mergeable.ts";
import { LEVEL_BITS } from "./plan.ts";
import type { TemporaryTables } from "./temporary-tables.ts";
import type { TiledWork } from "./tiled-features.ts";

/** Histories of hot entities in tiles of time. */
export interface Tiles {
  /** Table of the events: `id`, `tile`, `at`, `known`, what the measures need. */
  readonly events: string;
  /** Tables of tiles, the widest first: `id`, `tile`, times of the first and last event, when the first was known and when the last, parts. */
  readonly levels: readonly string[];
  readonly measures: KeptMeasures;
}

/** Copies the events of hot entities, and puts them into tiles, level by level. */
export async function buildTiles(clickhouse: ClickHouse, tables: TemporaryTables, work: TiledWork): Promise<Tiles> {
  const measures = keptMeasures(work.source.features);
  const { inputs, parts } = measures;
  const events = await copyEvents(clickhouse, tables, work, inputs);
  const levels: string[] = [];
  for (let level = 0; level < work.plan.levels; level += 1) {
    const tiles = await tables.create("tiles", [...TILE_DDL, ...parts.map(partDdl)].join(", "));
    const values = parts.map(({ column, part }) => (level === 0 ? part.ofEvents : part.ofTiles(column)));
    const below = levels[0];
    const select =
      below === undefined
        ? `id, tile, min(at), max(at), min(known), max(known), ${values.join(", ")} FROM ${events} GROUP BY id, tile`
        : `id, bitShiftRight(tile, ${LEVEL_BITS}) AS wider, min(first), max(last), min(known_first), max(known_last), ${values.join(", ")} FROM ${below} GROUP BY id, wider`;
    await clickhouse.command({ name: "Put events into tiles", sql: `INSERT INTO ${tiles} SELECT ${select}` });
    levels.unshift(tiles);
  }
  return { events, levels, measures };
}

const TILE_DDL = ["id UInt32", "tile UInt64", "first Int64", "last Int64", "known_first Int64", "known_last Int64"];

async function copyEvents(clickhouse: ClickHouse, tables: TemporaryTables, work: TiledWork, inputs: readonly KeptInput[]): Promise<string> {
  const { table, source } = work;
  const isOrdered = source.features.some(({ measure }) => measure.kind === "first" || measure.kind === "last");
  const order = isOrdered ? LOG_ORDER : [];
  const events = await tables.create("events", [...EVENT_DDL, ...(isOrdered ? ORDER_COLUMNS : []), ...inputs.map(inputDdl)].join(", "));
  const joins: string[] = [];
  const values: string[] = [...order];
  for (const { column, expression, type, isCoded } of inputs) {
    if (isCoded) {
      const codes = await numberValues(clickhouse, tables, work, expression, type);
      joins.push(`LEFT JOIN ${codes} AS codes_${column} ON ${expression} = codes_${column}.code_of`);
    }
    values.push(isCoded ? `codes_${column}.code` : expression);
  }
  const places = [
    "hot.id",
    "bitShiftRight(toUInt64(toUnixTimestamp64Micro(time)), hot.shift)",
    "toUnixTimestamp64Micro(time)",
    "toUnixTimestamp64Micro(known_at)",
  ];
  await clickhouse.command({
    name: "Copy the events of hot entities",
    sql: `INSERT INTO ${events} SELECT ${[...places, ...values].join(", ")}
FROM events INNER JOIN ${table} AS hot ON ${source.entity} = hot.entity ${joins.join(" ")} WHERE ${source.where}`,
    params: source.params,
    settings: { join_use_nulls: 1 },
  });
  return events;
}

const EVENT_DDL = ["id UInt32", "tile UInt64", "at Int64", "known Int64"];
/** A number for each value that hot entities have. @returns table of `code_of` and `code`, from 0 */
async function numberValues(
  clickhouse: ClickHouse,
  tables: TemporaryTables,
  { table, source }: TiledWork,
  expression: string,
  type: string,
): Promise<string> {
  const codes = await tables.create("codes", `code_of ${type}, code UInt32`);
  await clickhouse.command({
    name: "Number the distinct values",
    sql: `INSERT INTO ${codes} SELECT code_of, rowNumberInAllBlocks() FROM (SELECT DISTINCT ${expression} AS code_of FROM events
WHERE ${source.where} AND ${source.entity} IN (SELECT entity FROM ${table}) AND code_of IS NOT NULL)`,
    params: source.params,
    settings: { max_insert_threads: "1" },
  });
  return codes;
}
