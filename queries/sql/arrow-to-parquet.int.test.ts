import { buffer } from "node:stream/consumers";
import { afterAll, expect, inject, test } from "vitest";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { arrowToParquet } from "./arrow-to-parquet.ts";

const clickhouse = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
afterAll(() => clickhouse.close());

/** Digest of the rows in order, with their types. */
function digestOf(from: string): string {
  return `SELECT hex(sipHash128(groupArray(tuple(*)))) AS digest, count() AS rows, any(toTypeName(tuple(*))) AS types FROM ${from}`;
}

const ANSWER = `(SELECT toDateTime64(1.7e9 + number, 3, 'UTC') AS start, if(number % 7 = 0, NULL, concat('é "', toString(number))) AS country,
  number % 2 = 0 AS partial, if(number % 5 = 0, NULL, reinterpretAsFloat64(bitAnd(cityHash64(number), 0x7FEFFFFFFFFFFFFF))) AS value,
  'open' AS state FROM numbers(250000))`;

test("a trend of the most rows there can be is the same in Parquet, row by row and to the last bit", async () => {
  const arrow = await buffer(
    await clickhouse.bytes({
      name: "Arrow",
      sql: `SELECT * FROM ${ANSWER}`,
      format: "Arrow",
      settings: { output_format_arrow_compression_method: "none" },
    }),
  );
  const parquet = await buffer(await arrowToParquet(clickhouse, arrow));
  expect(parquet.toString("latin1", 0, 4)).toBe("PAR1");
  const digest = async (from: string): Promise<unknown> => {
    const settings = { max_query_size: "100000000", max_threads: 1, input_format_parquet_preserve_order: 1 } as const;
    return clickhouse.rows({ name: "Digest", sql: digestOf(from), settings });
  };
  const read = await digest(`format(Parquet, base64Decode('${parquet.toString("base64")}'))`);
  expect(read).toEqual(await digest(`format(Arrow, base64Decode('${arrow.toString("base64")}'))`));
  expect(read).toMatchObject([{ rows: "250000" }]);
});

test("what is no Arrow is an error, not a file", async () => {
  await expect(arrowToParquet(clickhouse, Buffer.from("no arrow"))).rejects.toThrow(/Write Parquet/);
});
