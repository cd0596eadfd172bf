import { createHash, randomBytes, type Hash } from "node:crypto";
import { Transform, type Readable } from "node:stream";
import { ClickHouseFailure, identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { TIME_RANGE } from "../../model/index.ts";
import { nearestName } from "../nearest-name.ts";
import { QueryError } from "../query-error.ts";
import { instantSql, ZONELESS } from "./instant.ts";
import { landingOf, type Landing, type NumberedRows, type SpineColumn } from "./landing.ts";
import type { SpineSource } from "./spine-source.ts";
import type { TemporaryTables } from "./temporary-tables.ts";

/** The spine in ClickHouse: columns `spine_row`, `spine_entity`, `spine_time` and `carried_0` …, in the order in which it came. */
export interface SpineTable {
  /** Quoted name. */
  readonly table: string;
  readonly rows: number;
  /** SHA-256 of the spine's bytes, hexadecimal. */
  readonly sha256: string;
  /** First and last label time, microseconds since 1970. */
  readonly times: { readonly first: number; readonly last: number };
  /** The other columns, carried through to the training set. */
  readonly carried: readonly CarriedColumn[];
}

/** A column of the spine that is neither entity nor time. */
export interface CarriedColumn {
  readonly name: string;
  readonly type: string;
  /** Its name in the spine's table. */
  readonly column: string;
}

/** Rows of a Log table come in the order of their insert to a single reader only. */
export const IN_ORDER = { max_threads: 1, max_insert_threads: "1", max_block_size: "65536" } as const;

/**
 * Brings a spine into ClickHouse, checks it row by row and gives its columns types.
 * @throws QueryError if it lacks a column, or a row lacks an entity or an unmistakable time: the sentence names the row
 */
export async function loadSpine(clickhouse: ClickHouse, tables: TemporaryTables, source: SpineSource): Promise<SpineTable> {
  const landing = await landingOf(clickhouse, source);
  const landed = await tables.create("landing", landing.ddl);
  const sha256 = await land(clickhouse, landed, landing, source);
  const numbered = numberRows(landed, landing);
  const ordered = inOrder(clickhouse);
  const columns = await landing.describe(ordered, numbered);
  const { entity, time, carried } = roles(columns, source);
  await checkRows(ordered, numbered, entity, time, landing, source);
  const table = await tables.create("spine", spineDdl(carried));
  const values = [numbered.line, entity.text, instantOf(time), ...carried.map(({ value }) => value)];
  await ordered.command({ name: "Number the spine's rows", sql: `INSERT INTO ${table} SELECT ${values.join(", ")} FROM ${numbered.sql}` });
  const extent = await measure(clickhouse, table);
  if (extent.rows === 0) throw new QueryError(`${source.name} has no rows.`);
  return { table, sha256, ...extent, carried: carried.map(({ name, type }, index) => ({ name, type, column: `carried_${index}` })) };
}

function numberRows(table: string, { columns, blank }: Landing): NumberedRows {
  let line = "line";
  while (columns.includes(identifier(line))) line += "_";
  const all = `(SELECT rowNumberInAllBlocks() AS ${line}, * FROM ${table})`;
  return { line, sql: blank === undefined ? all : `(SELECT * FROM ${all} WHERE NOT ${blank})` };
}

function inOrder(clickhouse: ClickHouse): ClickHouse {
  return {
    ...clickhouse,
    rows: (statement) => clickhouse.rows({ ...statement, settings: { ...statement.settings, ...IN_ORDER } }),
    command: (statement) => clickhouse.command({ ...statement, settings: { ...statement.settings, ...IN_ORDER } }),
  };
}

async function land(clickhouse: ClickHouse, table: string, landing: Landing, source: SpineSource): Promise<string> {
  const { columns, format } = landing;
  const hash = createHash("sha256");
  const body = hashed(await source.open(), hash);
  const token = randomBytes(16).toString("hex");
  try {
    await clickhouse.insert({
      table,
      columns,
      format,
      body,
      token,
      settings: { ...landing.settings, ...IN_ORDER, input_format_parallel_parsing: 0 },
    });
  } catch (error) {
    if (error instanceof ClickHouseFailure && error.kind === "bad-data") throw unreadable(source, error);
    throw error;
  }
  return hash.digest("hex");
}

function hashed(bytes: Readable, hash: Hash): Readable {
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  bytes.once("error", (error) => through.destroy(error));
  return bytes.pipe(through);
}

function unreadable(source: SpineSource, failure: ClickHouseFailure): QueryError {
  const row = /at row (\d+)/.exec(failure.serverText)?.[1];
  const where = row === undefined ? "" : ` (row ${row})`;
  return new QueryError(
    `${source.name} cannot be read as ${source.format}${where}: a row has too few or too many fields, or the file is broken.`,
    {
      cause: failure,
    },
  );
}

interface Roles {
  readonly entity: SpineColumn;
  readonly time: SpineColumn;
  readonly carried: readonly SpineColumn[];
}

function roles(columns: readonly SpineColumn[], source: SpineSource): Roles {
  const names = columns.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) throw new QueryError(`${source.name} has two columns named "${repeated}": rename one.`);
  const find = (wanted: string): SpineColumn => {
    const found = columns.find(({ name }) => name === wanted);
    if (found) return found;
    const near = nearestName(wanted, names);
    const advice = near === undefined ? `it has ${names.slice(0, 20).join(", ") || "none"}` : `did you mean to rename "${near}"?`;
    throw new QueryError(`${source.name} has no column "${wanted}": ${advice}${near === undefined ? "." : ""}`);
  };
  const [entity, time] = [find("entity"), find("time")];
  if (time.zoneless === true) {
    throw new QueryError(`The times of ${source.name} have no zone: write them with one (in pandas: df["time"].dt.tz_localize("UTC")).`);
  }
  return { entity, time, carried: columns.filter((column) => column !== entity && column !== time) };
}

function instantOf(time: SpineColumn): string {
  return /DateTime/.test(time.type) ? `toDateTime64(${time.value}, 6, 'UTC')` : instantSql(time.text);
}

async function checkRows(
  clickhouse: ClickHouse,
  { sql, line }: NumberedRows,
  entity: SpineColumn,
  time: SpineColumn,
  landing: Landing,
  source: SpineSource,
): Promise<void> {
  const [bad] = await clickhouse.rows<{ number: string; who: string; instant: string | null; when: string }>({
    name: "Check the spine's rows",
    sql: `SELECT ${line} AS number, ifNull(${entity.text}, '') AS who, ifNull(${time.text}, '') AS when, toUnixTimestamp64Micro(${instantOf(time)}) AS instant
FROM ${sql} WHERE who = '' OR instant IS NULL OR instant < {from:Int64} OR instant >= {to:Int64} ORDER BY number LIMIT 1`,
    params: TIME_RANGE,
  });
  if (!bad) return;
  throw new QueryError(`${landing.rowNoun} ${Number(bad.number) + 1} of ${source.name} ${complaint(bad)}.`);
}

function complaint({ who, when, instant }: { who: string; when: string; instant: string | null }): string {
  if (who === "") return "has no entity";
  if (when === "") return "has no time";
  if (instant !== null) return `has the time "${when}": only 1970 to 2200 will do`;
  const shown = when.slice(0, 60);
  if (ZONELESS.test(when))
    return `has the time "${shown}", which has no zone: write it as in "2026-11-27T08:00:00Z" or "2026-11-27T09:00:00+01:00"`;
  return `has the time "${shown}", which cannot be read: write it as in "2026-11-27T08:00:00Z"`;
}

function spineDdl(carried: readonly SpineColumn[]): string {
  const columns = carried.map(({ type }, index) => `carried_${index} ${type}`);
  return ["spine_row UInt64", "spine_entity String", "spine_time DateTime64(6, 'UTC')", ...columns].join(", ");
}

async function measure(clickhouse: ClickHouse, table: string): Promise<Pick<SpineTable, "rows" | "times">> {
  const [extent] = await clickhouse.rows<{ rows: string; first: string; last: string }>({
    name: "Measure the spine",
    sql: `SELECT count() AS rows, toUnixTimestamp64Micro(min(spine_time)) AS first, toUnixTimestamp64Micro(max(spine_time)) AS last FROM ${table}`,
  });
  return { rows: Number(extent?.rows ?? 0), times: { first: Number(extent?.first ?? 0), last: Number(extent?.last ?? 0) } };
}
