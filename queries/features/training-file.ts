import { createHash, randomBytes } from "node:crypto";
import { access, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { Transform, Writable, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import { IN_ORDER } from "./spine-table.ts";

/** What a training set can be written as. */
export type TrainingFormat = "parquet" | "arrow" | "csv";

/**
 * ClickHouse's name of a format, and every setting that its bytes depend on: defaults differ between versions and machines. One thread reads the rows in order
 * and encodes them, in blocks of 65,536, so the same rows give the same bytes. Arrow is not compressed: apache-arrow in JavaScript has no codec built in.
 */
const FORMATS: Readonly<Record<TrainingFormat, { readonly name: string; readonly settings: NonNullable<Statement["settings"]> }>> = {
  parquet: {
    name: "Parquet",
    settings: {
      output_format_parquet_compression_method: "zstd",
      output_format_parquet_row_group_size: "65536",
      output_format_parquet_row_group_size_bytes: "536870912",
      output_format_parquet_string_as_string: 1,
      output_format_parquet_parallel_encoding: 0,
      output_format_parquet_use_custom_encoder: 1,
    },
  },
  arrow: {
    name: "Arrow",
    settings: {
      output_format_arrow_compression_method: "none",
      output_format_arrow_string_as_string: 1,
      output_format_arrow_low_cardinality_as_dictionary: 0,
    },
  },
  csv: {
    name: "CSVWithNames",
    settings: { format_csv_null_representation: "", date_time_output_format: "iso", output_format_csv_crlf_end_of_line: 0 },
  },
};

/** ClickHouse's name of a format, and what its bytes depend on besides the rows. */
export function fileFormat(format: TrainingFormat): (typeof FORMATS)[TrainingFormat] {
  return FORMATS[format];
}

/** A feature or a label may be named like one of the table's columns: `feature_1 AS feature_0` renames, and means no other. */
const COLUMNS_FIRST = { prefer_column_name_to_alias: 1 } as const;

/** The format of a file by its extension, unless one is given. @throws QueryError if the extension says none */
export function trainingFormat(path: string, format?: TrainingFormat): TrainingFormat {
  const known = Object.keys(FORMATS) as TrainingFormat[];
  const found = format ?? known.find((name) => `.${name}` === extname(path).toLowerCase());
  if (!found) throw new QueryError(`"${path}" says no format: end it in .parquet, .arrow or .csv.`);
  return found;
}

/** Where the manifest of a training set lies: beside it. */
export function manifestPath(path: string): string {
  return `${path}.manifest.json`;
}

/** The training set that a manifest lies beside. @throws QueryError if it is not named like one */
export function describedPath(manifest: string): string {
  const [, path] = /^(.+)\.manifest\.json$/.exec(manifest) ?? [];
  if (path === undefined)
    throw new QueryError(`"${manifest}" is not named like a manifest: give the one beside the file, "<file>.manifest.json".`);
  return path;
}

/** Checks that a training set can be written, before any work is done. @throws QueryError if something is there already (unless `force`), or the folder is not */
export async function checkTarget(path: string, force: boolean): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new QueryError(`There is no folder "${dirname(path)}" to write "${basename(path)}" to: make it first.`);
  for (const file of force ? [] : [path, manifestPath(path)]) {
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) throw new QueryError(`"${file}" exists already: choose another path, or replace it with "force".`);
  }
}

/** What became of the bytes of a training set. */
export interface WrittenFile {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Streams rows from ClickHouse into a file, and writes its manifest beside it; the bytes pass through untouched and are hashed on the way.
 * Both get their names once they are whole: on failure nothing is left behind.
 * @param select SELECT over a table in insert order
 * @param manifest says what stands in the manifest, once the file is known
 */
export async function writeTrainingSet(
  clickhouse: ClickHouse,
  select: string,
  path: string,
  format: TrainingFormat,
  manifest: (file: WrittenFile) => string,
): Promise<WrittenFile> {
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.partial`);
  const partialManifest = `${partial}.manifest`;
  try {
    const file = await writeRows(clickhouse, fileStatement(select, format), partial);
    await writeFile(partialManifest, manifest(file), { flush: true });
    await rename(partial, path);
    await rename(partialManifest, manifestPath(path));
    return file;
  } catch (error) {
    await Promise.all([partial, partialManifest].map((left) => rm(left, { force: true })));
    throw writeFailure(error, path);
  }
}

/** The file is there before anything is asked for: a stream that opens its file itself may do so after the failed one was cleaned up. */
async function writeRows(clickhouse: ClickHouse, statement: ReturnType<typeof fileStatement>, path: string): Promise<WrittenFile> {
  const target = await open(path, "wx");
  try {
    return await countBytes(await clickhouse.bytes(statement), target.createWriteStream({ flush: true }));
  } finally {
    await target.close();
  }
}

/** What {@link writeTrainingSet} would write, without a file. */
export async function hashTrainingSet(clickhouse: ClickHouse, select: string, format: TrainingFormat): Promise<WrittenFile> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return countBytes(await clickhouse.bytes(fileStatement(select, format)), nowhere);
}

function fileStatement(select: string, format: TrainingFormat): Statement & { readonly format: string } {
  const { name, settings } = FORMATS[format];
  return { name: "Write the training set", sql: select, settings: { ...settings, ...IN_ORDER, ...COLUMNS_FIRST }, format: name };
}

async function countBytes(from: Readable, to: Writable): Promise<WrittenFile> {
  const hash = createHash("sha256");
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(from, count, to);
  return { sha256: hash.digest("hex"), bytes };
}

function writeFailure(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC") return new QueryError(`"${path}" cannot be written: the disk is full; nothing was left there.`, { cause: error });
  if (code === "EACCES" || code === "EROFS") return new QueryError(`"${path}" cannot be written: no permission.`, { cause: error });
  if (code === "ECONNRESET")
    return new Error(`"${path}" was not written: ClickHouse broke off in the middle of the answer.`, { cause: error });
  return error;
}
