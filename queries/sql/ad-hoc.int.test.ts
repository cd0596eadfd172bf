import { existsSync } from "node:fs";
import { buffer, json, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BASE_TABLES, connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";
import { adHoc, type AdHocRequest } from "./ad-hoc.ts";

const defaults = { format: "JSONEachRow", maxRows: 100, maxSeconds: 10 };

describe("ad-hoc SQL", () => {
  const database = `adhoc_${process.pid}_${Date.now()}`;
  let server: ClickHouse;
  let clickhouse: ClickHouse;
  const ask = (sql: string, more: Partial<AdHocRequest> = {}) => adHoc(clickhouse, { sql, ...defaults, ...more });

  beforeAll(async () => {
    server = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
    await server.command({ name: "Create", sql: `CREATE DATABASE ${database}` });
    clickhouse = server.inDatabase(database);
    for (const { create } of BASE_TABLES) await clickhouse.command({ name: "Create", sql: create });
  });
  afterAll(async () => {
    await server.command({ name: "Drop", sql: `DROP DATABASE ${database}` });
    await Promise.all([clickhouse.close(), server.close()]);
  });

  test("answers in any format, with values bound", async () => {
    const params = { text: "it's \\ \n \t 'x' {y:String}; DROP TABLE events", list: ["a'b", "c"] };
    const answer = await ask("SELECT {text:String} AS t, {list:Array(String)} AS l;\n ; ", { params });
    expect(await json(answer)).toEqual({ t: params.text, l: params.list });
    expect(await text(await ask("SELECT 1 AS a, 'x' AS b -- a comment", { format: "CSVWithNames" }))).toBe('"a","b"\n1,"x"\n');
    expect((await buffer(await ask("SELECT 1 AS a", { format: "Parquet" }))).subarray(0, 4).toString()).toBe("PAR1");
    expect(await text(await ask("SHOW TABLES", { format: "TabSeparated" }))).toBe(
      "dead_letter_resolutions\ndead_letters\nevents\nfeature_drift\ningest_ledger\nrollup_versions\nsaved_watermarks\n",
    );
  });

  test.each([
    "INSERT INTO rollup_versions SELECT 'x', 'y', true, now()",
    "INSERT INTO rollup_versions VALUES ('x', 'y', true, now())",
    "DROP TABLE events",
    "TRUNCATE TABLE events",
    "ALTER TABLE events DELETE WHERE true",
    "CREATE TABLE mine (a Int8) ENGINE = Memory",
    "CREATE DATABASE mine",
    "OPTIMIZE TABLE events FINAL",
    "SYSTEM STOP MERGES",
    "KILL QUERY WHERE true",
    "SET max_result_rows = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT number FROM numbers(1000) SETTINGS max_result_rows = 0",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT 1; DROP TABLE events",
    "SELECT 1 INTO OUTFILE '/tmp/hydrograph-ad-hoc-test'",
    "SELECT * FROM executable('id', 'TabSeparated', 'a String')",
  ])("refuses: %s", async (sql) => {
    await expect(ask(sql)).rejects.toThrow(QueryError);
    expect(await text(await ask("SELECT count() AS tables FROM system.tables WHERE database = currentDatabase()"))).toBe(
      '{"tables":"7"}\n',
    );
    expect(await text(await ask("SELECT count() AS rows FROM rollup_versions"))).toBe('{"rows":"0"}\n');
    expect(existsSync("/tmp/hydrograph-ad-hoc-test")).toBe(false);
  });

  test("groups and orders by fields of JSON as they are", async () => {
    const answer = await ask(
      'SELECT d.shop AS shop, count() AS n FROM (SELECT arrayJoin([\'{"shop":"b"}\', \'{"shop":"a"}\', \'{"shop":"b"}\'])::JSON AS d) GROUP BY shop ORDER BY shop',
      {
        format: "JSONCompactEachRow",
      },
    );
    expect(await text(answer)).toBe('["a", "1"]\n["b", "2"]\n');
  });

  test("says which limit was met", async () => {
    expect((await text(await ask("SELECT number FROM numbers(100)"))).split("\n")).toHaveLength(101);
    await expect(ask("SELECT number FROM numbers(101)")).rejects.toThrow(
      new QueryError("The answer has more than 100 rows or 1 GiB: add a LIMIT, or allow more rows."),
    );
    await expect(ask("SELECT count() FROM numbers(1e12) WHERE sipHash64(number) = 0", { maxSeconds: 1 })).rejects.toThrow(
      new QueryError("The query took longer than 1 s: ask about a shorter time, or allow more seconds."),
    );
    await expect(ask("DROP TABLE events")).rejects.toThrow(
      new QueryError("The statement would write, read outside of the database, or change a setting: only reading is allowed here."),
    );
  });

  test("an error after many rows is an error, not a shorter answer", async () => {
    const sql = "SELECT throwIf(number = 900000) FROM numbers(1000000)";
    await expect(ask(sql, { maxRows: 10_000_000 })).rejects.toThrow("non-zero");
  });

  test("says what is wrong with a statement", async () => {
    await expect(ask("SELECT * FROM event")).rejects.toThrow(/^ClickHouse cannot run it: Unknown table/);
    await expect(ask("SELECT a FROM events")).rejects.toThrow(/^ClickHouse cannot run it: .*`a`/);
    await expect(ask("SELECT (1")).rejects.toThrow(/^ClickHouse cannot run it: Syntax error/);
    await expect(ask("SELECT {a:Int8}")).rejects.toThrow(/^ClickHouse cannot run it: .*`?a`?/);
    await expect(ask("  \n ")).rejects.toThrow(new QueryError("There is no SQL to run."));
    await expect(ask("SELECT 1", { format: "CSV SETTINGS readonly=0" })).rejects.toThrow(
      'There is no output format "CSV SETTINGS readonly=0".',
    );
    await expect(ask("SELECT 1", { format: "NoSuchFormat" })).rejects.toThrow(QueryError);
    await expect(ask("SELECT 1", { params: { "a=b": 1 } })).rejects.toThrow('A parameter cannot be called "a=b"');
    await expect(ask("SELECT 1", { maxRows: 0 })).rejects.toThrow("whole number above 0");
    await expect(ask("SELECT 1", { maxSeconds: Number.NaN })).rejects.toThrow("number above 0");
  });
});
