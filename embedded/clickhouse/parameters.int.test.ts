import { join } from "node:path";
import { TupleParam } from "@clickhouse/client";
import { array, assert as assertProperty, asyncProperty, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { exchange, rows, useEndpoint } from "./endpoint.test-support.ts";
import { startClickHouse } from "./start-clickhouse.ts";

const endpoint = useEndpoint();

describe("query_params", () => {
  test.each<[type: string, value: unknown, text: string]>([
    ["String", "it's a \\ \t \n \r \"`\u0000ü😀", ""],
    ["UInt64", "18446744073709551615", "18446744073709551615"],
    ["Int64", -5n, "-5"],
    ["Float64", 1.5, "1.5"],
    ["Float64", Number.POSITIVE_INFINITY, "inf"],
    ["Bool", true, "true"],
    ["Nullable(String)", null, "\\N"],
    ["Nullable(UInt8)", 3, "3"],
    ["Array(String)", ["a'b", "c,d", "e\\f\n"], "['a\\'b','c,d','e\\\\f\\n']"],
    ["Array(Nullable(UInt8))", [1, null], "[1,NULL]"],
    ["Array(Array(UInt8))", [[1], [2, 3]], "[[1],[2,3]]"],
    ["Map(String, UInt8)", { a: 1, "b'": 2 }, "{'a':1,'b\\'':2}"],
    ["Tuple(UInt8, String)", new TupleParam([1, "x"]), "(1,'x')"],
    ["Date", "2024-02-29", "2024-02-29"],
    ["DateTime('UTC')", new Date("2024-02-29T12:30:00Z"), "2024-02-29 12:30:00"],
    ["DateTime64(3, 'UTC')", new Date("2024-02-29T12:30:00.123Z"), "2024-02-29 12:30:00.123"],
    ["DateTime64(9, 'UTC')", "2024-02-29 12:30:00.123456789", "2024-02-29 12:30:00.123456789"],
    ["UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"],
    ["Decimal(38, 10)", "12345678901234567890.0123456789", "12345678901234567890.0123456789"],
    ["Enum8('a' = 1)", "a", "a"],
    ["IPv4", "10.0.0.1", "10.0.0.1"],
    ["FixedString(3)", "abc", "abc"],
  ])("%s", async (type, value, text) => {
    const [row] = await rows<{ s: string; raw: string }>(endpoint.client, `SELECT toString({x:${type}}) AS s`, { x: value });
    expect(row?.s ?? "\\N").toBe(type === "String" ? value : text);
  });

  test("any string comes back as it was sent", async () => {
    await assertProperty(
      asyncProperty(string({ unit: "binary" }), array(string({ unit: "binary" })), async (text, list) => {
        const [row] = await rows(endpoint.client, "SELECT {text:String} AS text, {list:Array(String)} AS list", { text, list });
        expect(row).toEqual({ text, list });
      }),
      { numRuns: 50 },
    );
  });

  test("identifiers are quoted, not interpreted", async () => {
    await endpoint.client.command({
      query: "CREATE TABLE {t:Identifier} (`a b` UInt8) ENGINE = Memory",
      query_params: { t: "odd `name'; DROP" },
    });
    await endpoint.client.command({
      query: "INSERT INTO {t:Identifier} VALUES ({v:UInt8})",
      query_params: { t: "odd `name'; DROP", v: 7 },
    });
    expect(await rows(endpoint.client, "SELECT {c:Identifier} AS v FROM {t:Identifier}", { c: "a b", t: "odd `name'; DROP" })).toEqual([
      { v: 7 },
    ]);
  });

  test("a missing and an unreadable parameter are errors with code and status", async () => {
    const url = endpoint.server.url;
    expect(await exchange(url, "SELECT {x:UInt8}")).toMatchObject({ status: 500, headers: { "x-clickhouse-exception-code": "456" } });
    expect(await exchange(`${url}/?param_x=abc`, "SELECT {x:UInt8}")).toMatchObject({ headers: { "x-clickhouse-exception-code": "457" } });
  });

  test("large parameters go as multipart", async () => {
    const list = Array.from({ length: 20_000 }, (_, index) => `value ${index}`);
    const result = await endpoint.client.query({
      query: "SELECT length({list:Array(String)}) AS n, {list:Array(String)}[20000] AS last",
      query_params: { list },
      format: "JSONEachRow",
      use_multipart_params: true,
    });
    expect(await result.json()).toEqual([{ n: 20_000, last: "value 19999" }]);
  });
});

describe("settings of the server", () => {
  const small = useEndpoint({ settings: { max_threads: "1", max_block_size: "77" } });

  test("hold where a request sets no other, and cannot be ones that there are not", async () => {
    const ask = async (clickhouse_settings: Record<string, string> = {}): Promise<unknown> =>
      rows(small.client, "SELECT getSetting('max_threads') AS threads, getSetting('max_block_size') AS rows", {}, clickhouse_settings);
    expect(await ask()).toEqual([{ threads: 1, rows: 77 }]);
    expect(await ask({ max_threads: "3" })).toEqual([{ threads: 3, rows: 77 }]);
    expect(await ask()).toEqual([{ threads: 1, rows: 77 }]);
    await expect(startClickHouse({ dataDir: join(small.directory, "other"), settings: { max_thraeds: "1" } })).rejects.toThrow(
      /max_thraeds/,
    );
  });
});

describe("settings", () => {
  test("hold for one request", async () => {
    const result = await endpoint.client.query({
      query: "SELECT getSetting('max_block_size') AS n, getSetting('log_comment') AS c",
      clickhouse_settings: { max_block_size: "1234", log_comment: "it's" },
      format: "JSONEachRow",
    });
    expect(await result.json()).toEqual([{ n: 1234, c: "it's" }]);
  });

  test("act on inserts", async () => {
    await endpoint.client.command({ query: "CREATE TABLE strict (a UInt8) ENGINE = Memory" });
    const values = [{ a: 1, unknown: 2 }];
    await endpoint.client.insert({
      table: "strict",
      values,
      format: "JSONEachRow",
      clickhouse_settings: { input_format_skip_unknown_fields: 1 },
    });
    await expect(
      endpoint.client.insert({
        table: "strict",
        values,
        format: "JSONEachRow",
        clickhouse_settings: { input_format_skip_unknown_fields: 0 },
      }),
    ).rejects.toMatchObject({ code: "117" });
  });

  test("unknown and impossible settings are errors", async () => {
    const url = endpoint.server.url;
    expect(await exchange(`${url}/?no_such_setting=1`, "SELECT 1")).toMatchObject({
      status: 404,
      headers: { "x-clickhouse-exception-code": "115" },
    });
    expect((await exchange(`${url}/?${encodeURIComponent("a=1, b")}=1`, "SELECT 1")).headers["x-clickhouse-exception-code"]).toBe("115");
    expect((await exchange(`${url}/?max_threads=many`, "SELECT 1")).status).toBe(400);
  });

  test("limits hold", async () => {
    await expect(
      endpoint.client.query({ query: "SELECT number FROM numbers(100)", clickhouse_settings: { max_result_rows: "10" } }),
    ).rejects.toMatchObject({ code: "396" });
    await expect(
      endpoint.client.query({
        query: "SELECT sleepEachRow(0.1) FROM numbers(100)",
        clickhouse_settings: { max_execution_time: 1, function_sleep_max_microseconds_per_block: "0" },
      }),
    ).rejects.toMatchObject({ code: "159" });
  });

  test("database", async () => {
    await endpoint.client.command({ query: "CREATE DATABASE `other db`" });
    expect((await exchange(`${endpoint.server.url}/?database=other%20db`, "SELECT currentDatabase()")).text).toBe("other db\n");
    expect((await exchange(endpoint.server.url, "SELECT currentDatabase()", { "X-ClickHouse-Database": "system" })).text).toBe("system\n");
    expect(await exchange(`${endpoint.server.url}/?database=nope`, "SELECT 1")).toMatchObject({
      status: 404,
      headers: { "x-clickhouse-exception-code": "81" },
    });
  });
});
