import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, test } from "vitest";
import { exchange, quietClient, useEndpoint } from "./endpoint.test-support.ts";

const endpoint = useEndpoint();

describe("an error before the first byte", () => {
  test.each<[sql: string, code: number, status: number, type: string]>([
    ["selec 1", 62, 400, "SYNTAX_ERROR"],
    ["SELECT * FROM nope", 60, 404, "UNKNOWN_TABLE"],
    ["SELECT * FROM nope.nope", 81, 404, "UNKNOWN_DATABASE"],
    ["SELECT nope()", 46, 404, "UNKNOWN_FUNCTION"],
    ["SELECT nope", 47, 404, "UNKNOWN_IDENTIFIER"],
    ["SELECT 1 FORMAT Nope", 73, 404, "UNKNOWN_FORMAT"],
    ["SELECT toUInt8('x')", 6, 400, "CANNOT_PARSE_TEXT"],
    ["SELECT throwIf(1, 'mine')", 395, 500, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"],
    ["CREATE TABLE x (a Nope) ENGINE = Memory", 50, 404, "UNKNOWN_TYPE"],
    ["CREATE TABLE system.one (a UInt8) ENGINE = Memory", 57, 500, "TABLE_ALREADY_EXISTS"],
    ["INSERT INTO nope VALUES (1)", 60, 404, "UNKNOWN_TABLE"],
    ["SELECT 1; SELECT 2", 62, 400, "SYNTAX_ERROR"],
    ["SELECT 1 INTO OUTFILE '/tmp/never'", 358, 500, "INTO_OUTFILE_NOT_ALLOWED"],
    ["1 + 1", 62, 400, "SYNTAX_ERROR"],
    [" ", 62, 400, "SYNTAX_ERROR"],
  ])("%s", async (sql, code, status, type) => {
    const response = await exchange(endpoint.server.url, sql);
    expect(response.text).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: [\\s\\S]*\\(${type}\\) \\(version [\\d.]+ \\(official build\\)\\)\\n$`),
    );
    expect(response.text).not.toContain("spool");
    expect([response.status, response.headers["x-clickhouse-exception-code"]]).toEqual([status, String(code)]);
    await expect(endpoint.client.command({ query: sql })).rejects.toMatchObject({ code: String(code), type });
  });

  test("a syntax error points into the client's own text", async () => {
    expect((await exchange(endpoint.server.url, "SELECT 1 +")).text).not.toContain("OUTFILE '");
    expect((await exchange(endpoint.server.url, "SELECT (1")).text).not.toContain("OUTFILE '");
  });
});

describe("an error after the first bytes", () => {
  const failing =
    "SELECT throwIf(number = 3000000, 'too late') AS a, toString(number) AS b FROM numbers(10000000) SETTINGS max_block_size = 10000, max_threads = 1";

  test("is raised by the client from a stream, as a ClickHouseError", async () => {
    for (const compression of [{ response: false }, { response: true }]) {
      const client = quietClient(endpoint.server.url, { compression });
      const result = await client.query({ query: failing, format: "JSONEachRow" });
      let count = 0;
      const consumed = (async () => {
        for await (const batch of result.stream()) count += batch.length;
      })();
      const error: unknown = await consumed.catch((reason: unknown) => reason);
      expect(count).toBeGreaterThan(0);
      expect(error).toBeInstanceOf(ClickHouseError);
      expect(error).toMatchObject({ code: "395" });
      expect(String(error)).toContain("too late");
      await client.close();
    }
  });

  test("is told to a client that unpacks what came and stops reading for some seconds, too", async () => {
    const client = quietClient(endpoint.server.url, { compression: { response: true } });
    const result = await client.query({ query: failing, format: "JSONEachRow" });
    let count = 0;
    const consumed = (async () => {
      for await (const batch of result.stream()) {
        const before = count;
        count += batch.length;
        // Near the end: the server has sent everything, and much of it is unread.
        if (before < 2_900_000 && count >= 2_900_000) await sleep(5_000);
      }
    })();
    await expect(consumed).rejects.toMatchObject({ code: "395" });
    expect(count).toBeGreaterThan(0);
    await client.close();
  });

  test("never looks like a whole result", async () => {
    const csv = await endpoint.client.query({ query: failing, format: "CSV" });
    // Side by side: neither looks for the error, and each waits until the connection breaks.
    await Promise.all([
      expect(csv.text()).rejects.toThrow("aborted"),
      expect(exchange(endpoint.server.url, `${failing} FORMAT RowBinary`)).rejects.toThrow("aborted"),
    ]);
  });

  test("wait_end_of_query turns it into a status", async () => {
    const response = await exchange(`${endpoint.server.url}/?wait_end_of_query=1`, failing);
    expect([response.status, response.headers["x-clickhouse-exception-code"]]).toEqual([500, "395"]);
  });
});
