import { readdir, readFile, readlink } from "node:fs/promises";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { exchange, rows, useEndpoint } from "./endpoint.test-support.ts";

const endpoint = useEndpoint();

async function processes(fragment: string): Promise<number> {
  const found = await rows<{ n: number }>(
    endpoint.client,
    "SELECT count() AS n FROM system.processes WHERE position(query, {fragment:String}) > 0 AND query NOT LIKE '%system.processes%'",
    { fragment },
  );
  return Number(found[0]?.n);
}

/** Pipes for results that the server holds open. */
async function pipesOpen(): Promise<number> {
  const folder = `/proc/${endpoint.server.pid}/fd`;
  const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ""));
  return (await Promise.all(links)).filter((path) => path.endsWith(".pipe")).length;
}

function endless(name: string): string {
  return `SELECT sum(number) AS ${name} FROM numbers(1000000000000) SETTINGS max_threads = 1`;
}

describe("parallel", () => {
  test("eight queries run at the same time", async () => {
    const running = Array.from({ length: 8 }, (_, index) =>
      exchange(endpoint.server.url, `SELECT sleepEachRow(0.5), 'overlap${index}' FROM numbers(4) SETTINGS max_block_size = 1`),
    );
    await expect.poll(() => processes("'overlap"), { timeout: 10_000 }).toBe(8);
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
    await expect.poll(() => processes("aborted")).toBe(1);
    abort.abort();
    await expect(query).rejects.toThrow("aborted");
    await expect.poll(() => processes("aborted"), { timeout: 10_000 }).toBe(0);
  });

  test("a client that leaves in the middle of a result ends the query", async () => {
    const outgoing = request(endpoint.server.url, { method: "POST", agent: false });
    outgoing.on("error", () => undefined);
    outgoing.end("SELECT number AS leaver FROM numbers(1000000000000) FORMAT CSV");
    const message = await new Promise<NodeJS.ReadableStream>((resolve) => outgoing.once("response", resolve));
    await new Promise((resolve) => message.once("data", resolve));
    expect(await processes("leaver")).toBe(1);
    outgoing.destroy();
    await expect.poll(() => processes("leaver"), { timeout: 10_000 }).toBe(0);
  });

  test("clients that leave at any moment leave nothing behind: no query, no connection, no place among those that may run", async () => {
    const statements = ["SELECT number AS hasty FROM numbers(3000000) FORMAT CSV", endless("hasty"), "SELECT 1 AS hasty"];
    for (let round = 0; round < 4; round += 1) {
      const leaving = Array.from({ length: 60 }, async (_, index) => {
        const outgoing = request(endpoint.server.url, { method: "POST", agent: false });
        outgoing.on("error", () => undefined);
        outgoing.on("response", (message) => message.on("error", () => undefined).resume());
        outgoing.end(statements[index % statements.length]);
        await sleep(index * 2);
        outgoing.destroy();
      });
      await Promise.all(leaving);
    }
    await expect.poll(() => processes("hasty"), { timeout: 30_000 }).toBe(0);
    await expect.poll(pipesOpen, { timeout: 10_000 }).toBe(0);
    const { status } = await exchange(endpoint.server.url, "SELECT 1");
    expect(status).toBe(200);
  });

  test("KILL QUERY knows the client's query ids", async () => {
    const victim = exchange(`${endpoint.server.url}/?query_id=victim`, endless("killed"));
    await expect.poll(() => processes("killed")).toBe(1);
    expect((await exchange(`${endpoint.server.url}/?query_id=victim`, "SELECT 1")).text).toContain("Code: 216.");
    await exchange(endpoint.server.url, "KILL QUERY WHERE query_id = 'victim' SYNC");
    const { status, headers } = await victim;
    expect([status, headers["x-clickhouse-exception-code"]]).toEqual([500, "394"]);
  });
});

async function memoryMiB(): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${endpoint.server.pid}/status`, "utf8"))?.[1]) / 1024;
}

describe("memory", () => {
  test("small queries during a long one leave no connections behind", async () => {
    const sleeper = "SELECT sleepEachRow(0.5) AS companion FROM numbers(1000) SETTINGS max_block_size = 1";
    const long = exchange(`${endpoint.server.url}/?query_id=long`, sleeper);
    await expect.poll(() => processes("companion")).toBe(1);
    const small = async (): Promise<void> => {
      for (let count = 0; count < 400; count++) await rows(endpoint.client, "SELECT {n:UInt32} AS n", { n: count });
    };
    await small();
    const before = await memoryMiB();
    await small();
    expect((await memoryMiB()) - before).toBeLessThan(100);
    await exchange(endpoint.server.url, "KILL QUERY WHERE query_id = 'long' ASYNC");
    await long;
  });

  test("a slow reader holds the query back", async () => {
    await exchange(endpoint.server.url, "SELECT number FROM numbers(1000000) FORMAT Null");
    const before = await memoryMiB();
    const outgoing = request(endpoint.server.url, { method: "POST", agent: false });
    outgoing.end("SELECT number, toString(number) FROM numbers(30000000) FORMAT RowBinary SETTINGS max_threads = 1");
    const message = await new Promise<NodeJS.ReadableStream & AsyncIterable<Buffer>>((resolve) => outgoing.once("response", resolve));
    let received = 0;
    let peak = 0;
    for await (const chunk of message) {
      const part = Math.floor(received / 50_000_000);
      received += chunk.length;
      if (Math.floor(received / 50_000_000) > part) {
        await sleep(100);
        peak = Math.max(peak, await memoryMiB());
      }
    }
    expect(received).toBeGreaterThan(480_000_000);
    expect(peak - before).toBeLessThan(150);
  });
});
