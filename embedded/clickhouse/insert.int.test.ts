import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { deflateSync, gzipSync } from "node:zlib";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { exchange, rows, useEndpoint } from "./endpoint.test-support.ts";

const endpoint = useEndpoint();
let tables = 0;

async function newTable(columns = "a UInt64, b String", engine = "MergeTree ORDER BY a"): Promise<string> {
  const table = `t${++tables}`;
  await endpoint.client.command({ query: `CREATE TABLE ${table} (${columns}) ENGINE = ${engine}` });
  return table;
}

const insertUrl = (query: string, more = ""): string => `${endpoint.server.url}/?query=${encodeURIComponent(query)}${more}`;

describe("formats", () => {
  test("arrays and streams through the client", async () => {
    const table = await newTable();
    const { summary } = await endpoint.client.insert({ table, values: [{ a: 1, b: "x" }], format: "JSONEachRow" });
    expect(summary).toMatchObject({ written_rows: "1", read_rows: "1" });
    await endpoint.client.insert({ table, values: [[2, "y"]], format: "JSONCompactEachRow" });
    await endpoint.client.insert({
      table,
      values: Readable.from(Array.from({ length: 1000 }, (_, index) => ({ a: index, b: "s" }))),
      format: "JSONEachRow",
    });
    await endpoint.client.insert({ table, values: Readable.from(["3,c\n", "4,d\n"], { objectMode: false }), format: "CSV" });
    await endpoint.client.insert({
      table,
      values: {
        meta: [
          { name: "a", type: "UInt64" },
          { name: "b", type: "String" },
        ],
        data: [{ a: 5, b: "j" }],
      },
      format: "JSON",
    });
    await endpoint.client.insert({ table, values: [], format: "JSONEachRow" });
    expect(await rows(endpoint.client, `SELECT count() AS n FROM ${table}`)).toEqual([{ n: 1005 }]);
  });

  test("every format that goes out comes in again", async () => {
    const source = await newTable("a UInt64, b String, c Nullable(Float64), d Array(String), e DateTime64(3), f LowCardinality(String)");
    await endpoint.client.command({
      query: `INSERT INTO ${source} SELECT number, concat('ü\\n', unhex('00ff')), number / 3, [toString(number)], toDateTime64(number, 3), 'low' FROM numbers(1000)`,
    });
    const hash = `SELECT sum(cityHash64(*)) AS h, count() AS n FROM`;
    const expected = await rows(endpoint.client, `${hash} ${source}`);
    for (const format of [
      "Native",
      "RowBinary",
      "RowBinaryWithNamesAndTypes",
      "Parquet",
      "ArrowStream",
      "Arrow",
      "ORC",
      "TabSeparated",
      "CSVWithNames",
      "Values",
      "MsgPack",
      "Avro",
    ]) {
      const table = await newTable("a UInt64, b String, c Nullable(Float64), d Array(String), e DateTime64(3), f LowCardinality(String)");
      const { body } = await exchange(endpoint.server.url, `SELECT * FROM ${source} FORMAT ${format}`);
      const { status, text, headers } = await exchange(insertUrl(`INSERT INTO ${table} FORMAT ${format}`), body);
      expect({ format, status, text }).toEqual({ format, status: 200, text: "" });
      expect(JSON.parse(String(headers["x-clickhouse-summary"]))).toMatchObject({ written_rows: "1000" });
      expect({ format, rows: await rows(endpoint.client, `${hash} ${table}`) }).toEqual({ format, rows: expected });
    }
  });

  test("Arrow from apache-arrow", async () => {
    const table = await newTable();
    const body = Buffer.from(tableToIPC(tableFromArrays({ a: BigUint64Array.from([1n, 2n]), b: ["x", "y"] }), "stream"));
    await exchange(insertUrl(`INSERT INTO ${table} (a, b) FORMAT ArrowStream`), body);
    expect(await rows(endpoint.client, `SELECT * FROM ${table} ORDER BY a`)).toEqual([
      { a: 1, b: "x" },
      { a: 2, b: "y" },
    ]);
  });

  test("statement and data together in the body, text and binary", async () => {
    const table = await newTable();
    await exchange(endpoint.server.url, `INSERT INTO ${table} VALUES (1, 'a;b'), (1 + 1, upper('c'))`);
    await exchange(endpoint.server.url, `INSERT INTO ${table} FORMAT JSONEachRow {"a": 3, "b": "d"}`);
    await exchange(
      endpoint.server.url,
      Buffer.concat([Buffer.from(`INSERT INTO ${table} FORMAT RowBinary\n`), Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 2, 0, 39])]),
    );
    expect(await rows(endpoint.client, `SELECT a, hex(b) AS b FROM ${table} ORDER BY a`)).toEqual([
      { a: 1, b: "613B62" },
      { a: 2, b: "43" },
      { a: 3, b: "64" },
      { a: 4, b: "0027" },
    ]);
  });

  test("compressed bodies", async () => {
    const table = await newTable();
    const data = '{"a":1,"b":"x"}\n';
    for (const [encoding, body] of [
      ["gzip", gzipSync(data)],
      ["deflate", deflateSync(data)],
    ] as const) {
      expect((await exchange(insertUrl(`INSERT INTO ${table} FORMAT JSONEachRow`), body, { "Content-Encoding": encoding })).text).toBe("");
    }
    expect(
      (await exchange(endpoint.server.url, gzipSync(`INSERT INTO ${table} FORMAT JSONEachRow\n${data}`), { "Content-Encoding": "gzip" }))
        .text,
    ).toBe("");
    expect((await exchange(insertUrl(`INSERT INTO ${table} FORMAT JSONEachRow`), data, { "Content-Encoding": "rot13" })).text).toContain(
      "Code: 48.",
    );
    expect(await rows(endpoint.client, `SELECT count() AS n FROM ${table}`)).toEqual([{ n: 3 }]);
  });

  test("input() and INSERT SELECT", async () => {
    const table = await newTable();
    await exchange(
      insertUrl(`INSERT INTO ${table} SELECT a * 2, concat(b, '!') FROM input('a UInt64, b String') FORMAT CSV`),
      "1,x\n2,y\n",
    );
    await endpoint.client.command({ query: `INSERT INTO ${table} SELECT number, 'n' FROM numbers(3)` });
    expect(await rows(endpoint.client, `SELECT sum(a) AS s, countIf(b = 'x!') AS x FROM ${table}`)).toEqual([{ s: 9, x: 1 }]);
  });
});

describe("atomic", () => {
  test("one bad row refuses all of them, and the error names no file of the server", async () => {
    const table = await newTable();
    const lines = Array.from({ length: 300_000 }, (_, index) => (index === 299_000 ? '{"a":"nope","b":""}' : `{"a":${index},"b":"x"}`));
    const { status, text } = await exchange(insertUrl(`INSERT INTO ${table} FORMAT JSONEachRow`), lines.join("\n"));
    expect([status, text.slice(0, 8)]).toEqual([400, "Code: 27"]);
    expect(text).not.toContain(endpoint.directory);
    expect(await rows(endpoint.client, `SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test("a request that breaks off inserts nothing", async () => {
    const table = await newTable();
    const half = request(insertUrl(`INSERT INTO ${table} FORMAT JSONEachRow`), {
      method: "POST",
      headers: { "Transfer-Encoding": "chunked" },
    });
    const failed = new Promise((resolve) => half.once("error", resolve));
    half.write('{"a":1,"b":"x"}\n'.repeat(100_000), () => half.destroy(new Error("the producer died")));
    await failed;
    await expect
      .poll(() => readdir(join(endpoint.directory, "spool")).then((names) => names.filter((name) => name.endsWith(".spool"))))
      .toEqual([]);
    expect(await rows(endpoint.client, `SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });
});

describe("deduplicated by token", () => {
  test("also in a materialized view, and for every way in", async () => {
    const window = "SETTINGS non_replicated_deduplication_window = 100";
    const table = await newTable("a UInt64, b String", `MergeTree ORDER BY a ${window}`);
    await endpoint.client.command({
      query: `CREATE TABLE ${table}_sums (b String, s UInt64) ENGINE = SummingMergeTree ORDER BY b ${window}`,
    });
    await endpoint.client.command({
      query: `CREATE MATERIALIZED VIEW ${table}_view TO ${table}_sums AS SELECT b, sum(a) AS s FROM ${table} GROUP BY b`,
    });
    const values = Array.from({ length: 5000 }, (_, index) => ({ a: index, b: String(index % 7) }));
    const arrow = Buffer.from(
      tableToIPC(tableFromArrays({ a: BigUint64Array.from(values, ({ a }) => BigInt(a)), b: values.map(({ b }) => b) }), "stream"),
    );
    const settings = { insert_deduplicate: 1, deduplicate_blocks_in_dependent_materialized_views: 1 } as const;
    for (let attempt = 0; attempt < 3; attempt++) {
      await endpoint.client.insert({
        table,
        values,
        format: "JSONEachRow",
        clickhouse_settings: { ...settings, insert_deduplication_token: "first" },
      });
      await exchange(insertUrl(`INSERT INTO ${table} SETTINGS insert_deduplication_token = 'second' FORMAT ArrowStream`), arrow);
      await exchange(insertUrl(`INSERT INTO ${table} FORMAT ArrowStream`, "&insert_deduplication_token=third"), arrow);
    }
    const once = (4999 * 5000) / 2;
    expect(
      await rows(endpoint.client, `SELECT count() AS n, sum(a) AS s, (SELECT sum(s) FROM ${table}_sums) AS viewed FROM ${table}`),
    ).toEqual([{ n: 15_000, s: 3 * once, viewed: 3 * once }]);
  });
});
