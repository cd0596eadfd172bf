import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { endless, exchange, processes, useEndpoint } from "./endpoint.test-support.ts";

const endpoint = useEndpoint();

describe("parallel", () => {
  test("eight queries run at the same time", async () => {
    const running = Array.from({ length: 8 }, (_, index) =>
      exchange(endpoint.server.url, `SELECT sleepEachRow(0.5), 'overlap${index}' FROM numbers(4) SETTINGS max_block_size = 1`),
    );
    await expect.poll(() => processes(endpoint, "'overlap"), { timeout: 10_000 }).toBe(8);
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  });

  test("many at once queue for nothing and mix nothing up", async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const result = await endpoint.client.query({
          query: "SELECT {n:UInt32} AS n, getSetting('max_block_size') AS b",
          query_params: { n: index },
          clickhouse_settings: { max_block_size: String(1000 + index) },
          format: "JSONEachRow",
        });
        return result.json();
      }),
    );
    expect(answers).toEqual(answers.map((_, index) => [{ n: index, b: 1000 + index }]));
  });

  test("over 100 at once are refused with a code, not dropped", async () => {
    const all = await Promise.all(Array.from({ length: 130 }, () => exchange(endpoint.server.url, "SELECT sleep(3) FORMAT Null")));
    const codes = new Set(all.map(({ status, headers }) => `${status} ${String(headers["x-clickhouse-exception-code"])}`));
    expect(codes).toEqual(new Set(["200 undefined", "500 202"]));
  });
});

describe("cancelled", () => {
  test("an aborted query is killed", async () => {
    const abort = new AbortController();
    const query = endpoint.client.query({ query: endless("aborted"), abort_signal: abort.signal });
    await expect.poll(() => processes(endpoint, "aborted")).toBe(1);
    abort.abort();
    await expect(query).rejects.toThrow("aborted");
    await expect.poll(() => processes(endpoint, "aborted"), { timeout: 10_000 }).toBe(0);
  });

  test("a client that leaves in the middle of a result ends the query", async () => {
    const outgoing = request(endpoint.server.url, { method: "POST", agent: false });
    outgoing.on("error", () => undefined);
    outgoing.end("SELECT number AS leaver FROM numbers(1000000000000) FORMAT CSV");
    const message = await new Promise<NodeJS.ReadableStream>((resolve) => outgoing.once("response", resolve));
    await new Promise((resolve) => message.once("data", resolve));
    expect(await processes(endpoint, "leaver")).toBe(1);
    outgoing.destroy();
    await expect.poll(() => processes(endpoint, "leaver"), { timeout: 10_000 }).toBe(0);
  });

  test("KILL QUERY knows the client's query ids", async () => {
    const victim = exchange(`${endpoint.server.url}/?query_id=victim`, endless("killed"));
    await expect.poll(() => processes(endpoint, "killed")).toBe(1);
    expect((await exchange(`${endpoint.server.url}/?query_id=victim`, "SELECT 1")).text).toContain("Code: 216.");
    await exchange(endpoint.server.url, "KILL QUERY WHERE query_id = 'victim' SYNC");
    const { status, headers } = await victim;
    expect([status, headers["x-clickhouse-exception-code"]]).toEqual([500, "394"]);
  });
});
