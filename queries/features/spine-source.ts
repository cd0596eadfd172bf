import { createReadStream } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { Readable } from "node:stream";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { FeatureSet, Project, Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { eventsSource, type SpineEvents } from "./events-source.ts";
import type { Manifest } from "./manifest.ts";
import { querySource, type SpineQuery } from "./query-source.ts";

/** The label rows of a training set: each has `entity` (or the columns that the feature set names instead), `time` (RFC 3339 with its zone, or a moment of ClickHouse's) and whatever else is to be carried through. */
export type Spine = SpineFile | SpineRows | SpineQuery | SpineEvents;

/** A spine in a file. */
export interface SpineFile {
  readonly path: string;
  /** Default: by the file's extension (.csv; .ndjson, .jsonl; .parquet). A file named .sql holds one SELECT, see {@link SpineQuery}. */
  readonly format?: SpineFormat;
}

/** A spine in the program. */
export interface SpineRows {
  readonly rows: Iterable<SpineRow> | AsyncIterable<SpineRow>;
}

/** One label: values are text, numbers, booleans, or null. */
export interface SpineRow {
  /** Unless the feature set names the parts of an entity, which then are columns each. */
  readonly entity?: string | number | bigint;
  /** A Date, or RFC 3339 text with its zone. */
  readonly time: string | Date;
  readonly [column: string]: unknown;
}

/** How a spine is written down. */
export type SpineFormat = "csv" | "ndjson" | "parquet";

/** A spine as bytes. */
export interface SpineSource {
  /** What error sentences call it. */
  readonly name: string;
  /** "query": rows of ClickHouse's own, in RowBinary. */
  readonly format: SpineFormat | "query";
  /** Where it came from, as the manifest says it. */
  readonly origin: SpineOrigin;
  /** Absent if it is no file. */
  readonly path?: string;
  /** The statement that gives its rows. */
  readonly query?: { readonly sql: string; readonly params: Readonly<Record<string, unknown>> };
  /** Its bytes from the start; rows of the program can be read once. */
  open(): Promise<Readable>;
}

/** A spine without what is known once it is read. */
export type SpineOrigin = OriginOf<Manifest["spine"]>;
type OriginOf<Described> = Described extends unknown ? Omit<Described, "rows" | "sha256"> : never;

/** What spines depend on that come from the log. */
export interface SpineContext {
  readonly clickhouse: ClickHouse;
  readonly project: Project;
  readonly set: FeatureSet;
  readonly asOf: Watermark;
}

const FORMATS: Readonly<Record<string, SpineFormat>> = {
  ".csv": "csv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
};

/** Finds out how a spine is to be read. @throws QueryError if there is no such file or event, its format is unknown, or its statement wrong */
export async function spineSource(spine: Spine, context: SpineContext): Promise<SpineSource> {
  if ("rows" in spine) {
    const open = (): Promise<Readable> => Promise.resolve(Readable.from(jsonLines(spine.rows)));
    return { name: "the spine", format: "ndjson", origin: { from: "rows" }, open };
  }
  if ("sql" in spine) return querySource(spine, context.clickhouse);
  if ("each" in spine) return eventsSource(spine, context);
  const { path } = spine;
  if (extname(path).toLowerCase() === ".sql" && spine.format === undefined)
    return querySource({ sql: await readFile(path, "utf8").catch(() => noFile(path)) }, context.clickhouse);
  const format = spine.format ?? FORMATS[extname(path).toLowerCase()];
  if (!format) throw new QueryError(`The spine "${path}" is of no known kind: name it .csv, .ndjson, .parquet or .sql.`);
  await access(path).catch(() => noFile(path));
  const origin = { from: "file" as const, path, format };
  return { name: basename(path), format, origin, path, open: () => Promise.resolve(createReadStream(path)) };
}

function noFile(path: string): never {
  throw new QueryError(`The spine "${path}" cannot be read: there is no such file, or no permission.`);
}

async function* jsonLines(rows: SpineRows["rows"]): AsyncGenerator<Buffer> {
  let lines: string[] = [];
  for await (const row of rows) {
    lines.push(jsonLine(row));
    if (lines.length === 1_000) {
      yield Buffer.from(lines.join(""));
      lines = [];
    }
  }
  yield Buffer.from(lines.join(""));
}

/** A row as a line of JSON; bigints keep their digits. */
function jsonLine(row: SpineRow): string {
  const members = Object.entries(row)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${typeof value === "bigint" ? String(value) : JSON.stringify(value)}`);
  return `{${members.join(",")}}\n`;
}
