import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import { readManifest, type Manifest } from "./manifest.ts";
import { IN_ORDER } from "./spine-table.ts";
import type { TemporaryTables } from "./temporary-tables.ts";
import { describedPath } from "./training-file.ts";

/** A training set's file, read back into ClickHouse. */
export interface LoadedSet {
  readonly path: string;
  readonly manifest: Manifest;
  /** Quoted name of the table: the file's columns under their names, in the file's order. */
  readonly table: string;
}

const FORMATS = {
  parquet: { format: "Parquet", settings: { input_format_parquet_preserve_order: 1 } },
  arrow: { format: "Arrow", settings: {} },
  csv: {
    format: "CSVWithNames",
    settings: { date_time_input_format: "best_effort", input_format_csv_empty_as_default: 1, input_format_csv_trim_whitespaces: 0 },
  },
} as const;

/**
 * Reads a training set back, in its order.
 * @param manifestPath the manifest beside it
 * @throws QueryError if the file is gone, or is not the one that the manifest tells of
 */
export async function loadTrainingSet(clickhouse: ClickHouse, tables: TemporaryTables, manifestPath: string): Promise<LoadedSet> {
  const manifest = await readManifest(manifestPath);
  const path = await checkTrainingFile(manifestPath, manifest);
  const { columns, file } = manifest;
  const table = await tables.create("loaded", columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", "));
  const { format, settings } = FORMATS[file.format];
  await clickhouse.insert({
    table,
    columns: columns.map(({ name }) => identifier(name)),
    format,
    body: createReadStream(path),
    token: randomBytes(16).toString("hex"),
    settings: { ...settings, ...IN_ORDER, input_format_parallel_parsing: 0 },
  });
  return { path, manifest, table };
}

/**
 * Makes sure that the file beside a manifest is the one that it tells of.
 * @returns its path
 * @throws QueryError if it is gone, or another one
 */
export async function checkTrainingFile(manifestPath: string, { file }: Manifest): Promise<string> {
  const path = describedPath(manifestPath);
  await access(path).catch(() => {
    throw new QueryError(`The training set "${path}" cannot be read: there is no such file beside its manifest, or no permission.`);
  });
  if ((await hashOf(path)) !== file.sha256)
    throw new QueryError(`"${path}" is not the file that its manifest tells of: it was changed since, or is another one's.`);
  return path;
}

/** SHA-256 of a file's bytes, hexadecimal. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
