import { open } from "node:fs/promises";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import type { Landing, SpineColumn } from "./landing.ts";
import type { SpineSource } from "./spine-source.ts";

interface Description {
  readonly name: string;
  readonly type: string;
}

/**
 * Parquet says itself what its columns are. ClickHouse reads that from the file's footer alone: the magic bytes and the footer make a
 * small Parquet file without pages, which travels in the statement.
 */
export async function parquetLanding(clickhouse: ClickHouse, source: SpineSource): Promise<Landing> {
  const footer = `base64Decode('${(await readFooter(source)).toString("base64")}')`;
  const settings = { max_query_size: String(footer.length + 100_000) };
  const described = await clickhouse.rows<Description>({
    name: "Read the spine's schema",
    sql: `DESCRIBE TABLE format(Parquet, ${footer})`,
    settings,
  });
  const zoneless = await clickhouse.rows<{ name: string }>({
    name: "Read the spine's time zones",
    sql: `SELECT column.name AS name FROM (SELECT arrayJoin(columns) AS column FROM format(ParquetMetadata, ${footer}))
WHERE column.logical_type LIKE 'Timestamp(isAdjustedToUTC=false%' OR column.physical_type = 'INT96'`,
    settings,
  });
  return {
    ddl: described.map(({ name, type }) => `${identifier(name)} ${type}`).join(", "),
    columns: described.map(({ name }) => identifier(name)),
    format: "Parquet",
    settings: { input_format_parquet_preserve_order: 1 },
    rowNoun: "Row",
    describe: () =>
      Promise.resolve(
        described.map((column) =>
          toColumn(
            column,
            zoneless.some(({ name }) => name === column.name),
          ),
        ),
      ),
  };
}

function toColumn({ name, type }: Description, zoneless: boolean): SpineColumn {
  return { name, type, value: identifier(name), text: `toString(${identifier(name)})`, zoneless };
}

/** "PAR1", the footer, its length in 4 bytes, "PAR1". Source: https://parquet.apache.org/docs/file-format/ */
async function readFooter(source: SpineSource): Promise<Buffer> {
  const file = await open(source.path ?? "");
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(8);
    await file.read(end, 0, 8, Math.max(0, size - 8));
    const length = end.readUInt32LE(0) + 8;
    if (end.toString("latin1", 4) !== "PAR1" || length > size) throw new QueryError(`${source.name} is no Parquet file.`);
    const footer = Buffer.alloc(length);
    await file.read(footer, 0, length, size - length);
    return Buffer.concat([Buffer.from("PAR1"), footer]);
  } finally {
    await file.close();
  }
}
