import { createHash, randomBytes, type Hash } from "node:crypto";
import { Transform, type Readable } from "node:stream";
import { ClickHouseFailure, identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { type EntityColumn, nearestName, TIME_RANGE } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { entityKey } from "./entity-key.ts";
import { instantSql, ZONELESS } from "./instant.ts";
import { landingOf, type Landing, type NumberedRows, type SpineColumn } from "./landing.ts";
import { LABELS_AT_ONCE } from "./plan.ts";
import type { SpineSource } from "./spine-source.ts";
import type { TemporaryTables } from "./temporary-tables.ts";

/**
 * The spine in ClickHouse: columns `spine_row`, `spine_entity` (the entity as one text), `spine_time`, `entity_0` … (its parts, if it has several) and `carried_0` …, in the order in which it came.
 */
export interface SpineTable {
  /** Quoted name. */
  readonly table: string;
  readonly rows: number;
  /** SHA-256 of the spine's bytes, hexadecimal. */
  readonly sha256: string;
  /** All columns of the table, as DDL. */
  readonly ddl: readonly string[];
  /** The columns that say whom a label is about. */
  readonly entity: readonly CarriedColumn[];
  readonly times: LabelTimes;
  /** All rows, in order, so many at once as can be worked on in memory. */
  readonly slices: readonly SpineSlice[];
  /** The other columns, carried through to the training set. */
  readonly carried: readonly CarriedColumn[];
}

/** First and last label time, microseconds since 1970. */
export interface LabelTimes {
  readonly first: number;
  readonly last: number;
}

/** Neighbouring rows of a spine. */
export interface SpineSlice {
  readonly rows: number;
  readonly times: LabelTimes;
  /** The slice's part of a table with a `spine_row`. */
  readonly of: (table: string) => string;
}

/** A column of the spine, as the training set shows it. */
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
export async function loadSpine(
  clickhouse: ClickHouse,
  tables: TemporaryTables,
  source: SpineSource,
  wanted: readonly EntityColumn[],
): Promise<SpineTable> {
  const landing = await landingOf(clickhouse, source);
  const landed = await tables.create("landing", landing.ddl);
  const sha256 = await land(clickhouse, landed, landing, source);
  const numbered = numberRows(landed, landing);
  const ordered = inOrder(clickhouse);
  const columns = await landing.describe(ordered, numbered);
  const found = roles(columns, source, wanted);
  const { carried, entity, time } = found;
  await checkRows(ordered, numbered, found, landing, source);
  const parts = entity.length > 1 ? entity : [];
  const ddl = spineDdl(parts.length, carried);
  const table = await tables.create("spine", ddl.join(", "));
  const key = entityKey(entity.map(({ text }) => `ifNull(${text}, '')`));
  const values = [numbered.line, key, instantOf(time), ...parts.map(({ text }) => text), ...carried.map(({ value }) => value)];
  await ordered.command({ name: "Number the spine's rows", sql: `INSERT INTO ${table} SELECT ${values.join(", ")} FROM ${numbered.sql}` });
  const extent = await measure(clickhouse, table);
  if (extent.rows === 0) throw new QueryError(`${source.name} has no rows.`);
  return {
    table,
    ddl,
    sha256,
    ...extent,
    entity: entity.map(({ name }, index) => ({ name, type: "String", column: parts.length > 0 ? `entity_${index}` : "spine_entity" })),
    carried: carried.map(({ name, type }, index) => ({ name, type, column: `carried_${index}` })),
  };
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
  readonly entity: readonly SpineColumn[];
  readonly time: SpineColumn;
  readonly carried: readonly SpineColumn[];
}

function roles(columns: readonly SpineColumn[], source: SpineSource, wanted: readonly EntityColumn[]): Roles {
  const names = columns.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) throw new QueryError(`${source.name} has two columns named "${repeated}": rename one.`);
  const find = (role: string): SpineColumn => {
    const found = columns.find(({ name }) => name === role);
    if (found) return found;
    const near = nearestName(role, names);
    const advice = near === undefined ? `it has ${names.slice(0, 20).join(", ") || "none"}` : `did you mean to rename "${near}"?`;
    throw new QueryError(`${source.name} has no column "${role}": ${advice}${near === undefined ? "." : ""}`);
  };
  const [entity, time] = [wanted.map(({ name }) => find(name)), find("time")];
  if (time.zoneless === true) {
    throw new QueryError(`The times of ${source.name} have no zone: write them with one (in pandas: df["time"].dt.tz_localize("UTC")).`);
  }
  return { entity, time, carried: columns.filter((column) => !entity.includes(column) && column !== time) };
}

function instantOf(time: SpineColumn): string {
  return /DateTime/.test(time.type) ? `toDateTime64(${time.value}, 6, 'UTC')` : instantSql(time.text);
}

async function checkRows(
  clickhouse: ClickHouse,
  { sql, line }: NumberedRows,
  { entity, time }: Roles,
  landing: Landing,
  source: SpineSource,
): Promise<void> {
  const [bad] = await clickhouse.rows<BadRow>({
    name: "Check the spine's rows",
    sql: `SELECT ${line} AS number, [${entity.map(({ text }) => `ifNull(${text}, '')`).join(", ")}] AS who, ifNull(${time.text}, '') AS when, toUnixTimestamp64Micro(${instantOf(time)}) AS instant
FROM ${sql} WHERE has(who, '') OR instant IS NULL OR instant < {from:Int64} OR instant >= {to:Int64} ORDER BY number LIMIT 1`,
    params: TIME_RANGE,
  });
  if (!bad) return;
  throw new QueryError(`${landing.rowNoun} ${Number(bad.number) + 1} of ${source.name} ${complaint(bad, entity)}.`);
}

interface BadRow {
  readonly number: string;
  readonly who: readonly string[];
  readonly when: string;
  readonly instant: string | null;
}

function complaint({ who, when, instant }: BadRow, entity: readonly SpineColumn[]): string {
  const nobody = entity.find((_column, index) => who[index] === "");
  if (nobody) return `has no ${nobody.name}`;
  if (when === "") return "has no time";
  if (instant !== null) return `has the time "${when}": only 1970 to 2200 will do`;
  const shown = when.slice(0, 60);
  if (ZONELESS.test(when))
    return `has the time "${shown}", which has no zone: write it as in "2026-11-27T08:00:00Z" or "2026-11-27T09:00:00+01:00"`;
  return `has the time "${shown}", which cannot be read: write it as in "2026-11-27T08:00:00Z"`;
}

function spineDdl(parts: number, carried: readonly SpineColumn[]): string[] {
  const entity = Array.from({ length: parts }, (_, index) => `entity_${index} String`);
  const columns = carried.map(({ type }, index) => `carried_${index} ${type}`);
  return ["spine_row UInt64", "spine_entity String", "spine_time DateTime64(6, 'UTC')", ...entity, ...columns];
}

async function measure(clickhouse: ClickHouse, table: string): Promise<Pick<SpineTable, "rows" | "times" | "slices">> {
  const found = await clickhouse.rows<{ slice: string; rows: string; first: string; last: string }>({
    name: "Measure the spine",
    sql: `SELECT intDiv(spine_row, ${LABELS_AT_ONCE}) AS slice, count() AS rows, toUnixTimestamp64Micro(min(spine_time)) AS first, toUnixTimestamp64Micro(max(spine_time)) AS last
FROM ${table} GROUP BY slice ORDER BY slice`,
  });
  const isWhole = found.length === 1;
  const slices = found.map(({ first, last, rows, slice }): SpineSlice => ({
    rows: Number(rows),
    times: { first: Number(first), last: Number(last) },
    of: (whole) => (isWhole ? whole : `(SELECT * FROM ${whole} WHERE intDiv(spine_row, ${LABELS_AT_ONCE}) = ${slice})`),
  }));
  const [first, last] = [slices.map(({ times }) => times.first), slices.map(({ times }) => times.last)];
  return {
    rows: slices.reduce((all, { rows }) => all + rows, 0),
    times: { first: Math.min(...first), last: Math.max(...last) },
    slices,
  };
}
