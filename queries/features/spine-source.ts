import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { basename, extname } from "node:path";
import { Readable } from "node:stream";
import { QueryError } from "../query-error.ts";

/** The label rows of a training set: each has `entity` (or the columns that the feature set names instead), `time` (RFC 3339 with its zone) and whatever else is to be carried through. */
export type Spine = SpineFile | SpineRows;

/** A spine in a file. */
export interface SpineFile {
  readonly path: string;
  /** Default: by the file's extension (.csv; .ndjson, .jsonl; .parquet). */
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
  readonly format: SpineFormat;
  /** Absent if the rows come from the program. */
  readonly path: string | undefined;
  /** Its bytes from the start; rows can be read once. */
  open(): Readable;
}

const FORMATS: Readonly<Record<string, SpineFormat>> = {
  ".csv": "csv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
};

/** Finds out how a spine is to be read. @throws QueryError if there is no such file, or its format is unknown */
export async function spineSource(spine: Spine): Promise<SpineSource> {
  if ("rows" in spine) {
    return { name: "the spine", format: "ndjson", path: undefined, open: () => Readable.from(jsonLines(spine.rows)) };
  }
  const { path } = spine;
  const format = spine.format ?? FORMATS[extname(path).toLowerCase()];
  if (!format) throw new QueryError(`The spine "${path}" is of no known kind: name it .csv, .ndjson or .parquet.`);
  await access(path).catch(() => {
    throw new QueryError(`The spine "${path}" cannot be read: there is no such file, or no permission.`);
  });
  return { name: basename(path), format, path, open: () => createReadStream(path) };
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
