import type { Readable } from "node:stream";
import type { ClickHouse } from "../../clickhouse/index.ts";

/**
 * Turns a table that lies in memory into a Parquet file: ClickHouse has the writer, and the table travels in the statement.
 * @param arrow an Arrow IPC file; what its columns are, Parquet's will be
 * @returns the bytes of the file, in the order of the table's rows
 * @throws ClickHouseFailure before the first byte if ClickHouse did not make it
 */
export async function arrowToParquet(clickhouse: ClickHouse, arrow: Uint8Array, signal?: AbortSignal): Promise<Readable> {
  const file = Buffer.from(arrow.buffer, arrow.byteOffset, arrow.byteLength).toString("base64");
  return clickhouse.bytes({
    name: "Write Parquet",
    sql: `SELECT * FROM format(Arrow, base64Decode('${file}'))`,
    format: "Parquet",
    settings: {
      max_query_size: String(file.length + 1_000),
      max_threads: 1,
      output_format_parquet_string_as_string: 1,
      output_format_parquet_parallel_encoding: 0,
      wait_end_of_query: 1,
    },
    ...(signal ? { signal } : {}),
  });
}
