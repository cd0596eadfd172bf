import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import { exchange, quietClient, rows, useEndpoint } from "./endpoint.test-support.ts";

const endpoint = useEndpoint({ password: "se:cret", readonlyPassword: "look" });
let reader: ClickHouseClient;

beforeAll(async () => {
  reader = quietClient(endpoint.server.url, { username: "readonly", password: "look" });
  await endpoint.client.command({ query: "CREATE TABLE t (a UInt8, file String) ENGINE = Memory" });
  await endpoint.client.command({ query: "INSERT INTO t VALUES (1, 'x')" });
});

afterAll(() => reader.close());

describe("authentication", () => {
  test("every way of giving the password works", async () => {
    const url = endpoint.server.url;
    const basic = `Basic ${Buffer.from("default:se:cret").toString("base64")}`;
    expect((await exchange(url, "SELECT 1", { Authorization: basic })).text).toBe("1\n");
    expect((await exchange(url, "SELECT 1", { "X-ClickHouse-User": "default", "X-ClickHouse-Key": "se:cret" })).text).toBe("1\n");
    expect((await exchange(`${url}/?user=default&password=se:cret`, "SELECT 1")).text).toBe("1\n");
  });

  test("a wrong, a missing and an unknown one are refused alike", async () => {
    for (const headers of [
      {},
      { "X-ClickHouse-Key": "wrong" },
      { "X-ClickHouse-User": "nobody", "X-ClickHouse-Key": "look" },
      { "X-ClickHouse-User": "readonly" },
    ]) {
      const response = await exchange(endpoint.server.url, "SELECT 1", headers);
      expect([response.status, response.headers["x-clickhouse-exception-code"]]).toEqual([403, "516"]);
    }
    const wrong = quietClient(endpoint.server.url, { password: "wrong" });
    await expect(wrong.query({ query: "SELECT 1" })).rejects.toMatchObject({ code: "516", type: "AUTHENTICATION_FAILED" });
    await wrong.close();
  });

  test("ping needs none", async () => {
    expect((await exchange(`${endpoint.server.url}/ping`)).text).toBe("Ok.\n");
  });
});

describe("user readonly", () => {
  test.each([
    "SELECT a, t.file FROM t",
    "SELECT count(), sumIf(a, a > 0), uniqExact(a), quantiles(0.5, 0.9)(a), sumMerge(s) FROM (SELECT a, sumState(a) AS s FROM t GROUP BY a)",
    "SELECT toStartOfInterval(now(), INTERVAL 5 minute) AS time, arrayMap(x -> x + 1, [1]) FROM numbers(3) ORDER BY time WITH FILL",
    "SELECT displayName(), version(), revision(), timezone()",
    "SELECT 1",
    "SHOW TABLES",
    "DESCRIBE TABLE t",
    "SELECT name FROM system.functions LIMIT 1",
    "WITH x AS (SELECT 1 AS a) SELECT a, CASE WHEN a = 1 THEN 'one' ELSE 'more' END, CAST(a, 'String'), a::Float64, sum(a) OVER () FROM x",
    "EXPLAIN SELECT 1",
  ])("may run %s", async (query) => {
    expect(
      (await exchange(endpoint.server.url, query, { "X-ClickHouse-User": "readonly", "X-ClickHouse-Key": "look" })).text,
    ).not.toContain("DB::Exception");
  });

  test.each<[query: string, code: string]>([
    ["INSERT INTO t VALUES (2, '')", "164"],
    ["CREATE TABLE u (a UInt8) ENGINE = Memory", "164"],
    ["DROP TABLE t", "164"],
    ["SYSTEM STOP MERGES", "164"],
    ["KILL QUERY WHERE 1", "164"],
    ["SET max_threads = 1", "164"],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", "358"],
    ["SELECT file('/etc/hostname')", "497"],
    ["SELECT `file`('/etc/hostname')", "497"],
    ["SELECT * APPLY(file) FROM (SELECT '/etc/hostname' AS a)", "497"],
    ["SELECT * REPLACE(file(a) AS a) FROM (SELECT '/etc/hostname' AS a)", "497"],
    ["SELECT arrayMap(file, ['/etc/hostname'])", "497"],
    ["SELECT * FROM file('/etc/hostname', 'LineAsString')", "497"],
    ["SELECT * FROM url('http://127.0.0.1/', 'LineAsString')", "497"],
    ["SELECT * FROM merge('default', '.*')", "497"],
    ["SELECT * FROM remote('127.0.0.1', system.one)", "497"],
    ["SELECT * FROM numbers(1) WHERE number IN (SELECT length(file('/etc/hostname')))", "497"],
    ["SELECT 1 FROM numbers(1) ORDER BY number WITH FILL FROM 0 TO 3 INTERPOLATE (a AS file('/etc/hostname'))", "497"],
    ["DESCRIBE TABLE url('http://127.0.0.1/')", "497"],
    ["EXPLAIN SELECT file('/etc/hostname')", "497"],
    ["SELECT dictGet('d', 'a', 1)", "497"],
    ["SELECT sleep(1)", "497"],
    ["SELECT 1 SETTINGS readonly = 0", "164"],
    ["SELECT ';'", "164"],
    ["SHOW TABLES WHERE file('/etc/hostname') != ''", "164"],
    ["SHOW TABLES LIMIT length(file('/etc/hostname'))", "164"],
    ["SELECT * FROM `/etc/hostname`", "164"],
    ["SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/hostname'", "164"],
    ["SELECT 1 SETTINGS additional_result_filter = 'file(\\'/etc/hostname\\') != 1'", "164"],
    ["WITH (x -> file(x)) AS f SELECT f('/etc/hostname')", "497"],
    ["SELECT * FROM view(SELECT file('/etc/hostname'))", "497"],
    ["SELECT 1 PARALLEL WITH DROP TABLE t", "80"],
    ["SELECT arrayMap({f:Identifier}, ['/etc/hostname'])", "456"],
  ])("may not run %s", async (query, code) => {
    await expect(reader.command({ query })).rejects.toMatchObject({ code });
  });

  test("may set limits but nothing that widens its rights", async () => {
    expect(await rows(reader, "SELECT 1 AS a")).toEqual([{ a: 1 }]);
    const limited = await reader.query({
      query: "SELECT {x:UInt8} AS a",
      query_params: { x: 3 },
      clickhouse_settings: { max_execution_time: 65 },
      format: "JSONEachRow",
    });
    expect(await limited.json()).toEqual([{ a: 3 }]);
    for (const name of ["format_schema", "output_format_schema", "additional_result_filter"]) {
      await expect(reader.query({ query: "SELECT 1", clickhouse_settings: { [name]: "x" } })).rejects.toMatchObject({ code: "164" });
    }
    await expect(
      reader.query({ query: "SELECT arrayMap({f:Identifier}, ['/etc/hostname'])", query_params: { f: "file" } }),
    ).rejects.toMatchObject({ code: "497" });
    await expect(reader.query({ query: "SELECT 1", session_id: "s" })).rejects.toMatchObject({ code: "164" });
  });
});

const get = async (query: string): Promise<string> => {
  const { text } = await exchange(`${endpoint.server.url}/?user=default&password=se:cret&query=${encodeURIComponent(query)}`);
  return text;
};

describe("the readonly setting of user default", () => {
  test("a GET request only reads", async () => {
    expect(await get("SELECT 1")).toBe("1\n");
    expect(await get("DROP TABLE t")).toContain("Code: 164.");
    expect(await get("INSERT INTO t SELECT 1, 'x'")).toContain("Code: 164.");
  });

  test("readonly = 1 and 2 are guarded like the user", async () => {
    for (const readonly of ["1", "2"]) {
      const clickhouse_settings = { readonly };
      await expect(endpoint.client.query({ query: "SELECT file('/etc/hostname')", clickhouse_settings })).rejects.toMatchObject({
        code: "497",
      });
      await expect(endpoint.client.command({ query: "DROP TABLE t", clickhouse_settings })).rejects.toMatchObject({ code: "164" });
      const result = await endpoint.client.query({ query: "SELECT count() AS n FROM t", clickhouse_settings, format: "JSONEachRow" });
      expect(await result.json()).toEqual([{ n: 1 }]);
    }
  });

  test("does not stick to a session", async () => {
    const auth = "user=default&password=se:cret&session_id=sticky";
    expect((await exchange(`${endpoint.server.url}/?${auth}&max_threads=1&query=SELECT%201`)).text).toBe("1\n");
    expect((await exchange(`${endpoint.server.url}/?${auth}`, "SET max_block_size = 77")).text).toBe("");
    expect((await exchange(`${endpoint.server.url}/?${auth}&max_block_size=5`, "SELECT getSetting('max_block_size')")).text).toBe("5\n");
    expect((await exchange(`${endpoint.server.url}/?${auth}`, "SELECT getSetting('max_block_size')")).text).toBe("77\n");
  });
});
