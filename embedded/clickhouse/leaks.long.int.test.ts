import { readdir, readFile, readlink } from "node:fs/promises";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { endless, exchange, processes, rows, useEndpoint } from "./endpoint.test-support.ts";

const endpoint = useEndpoint();

/** Pipes for results that the server holds open. */
async function pipesOpen(): Promise<number> {
  const folder = `/proc/${endpoint.server.pid}/fd`;
  const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ""));
  return (await Promise.all(links)).filter((path) => path.endsWith(".pipe")).length;
}

async function memoryMiB(): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${endpoint.server.pid}/status`, "utf8"))?.[1]) / 1024;
}

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
  await expect.poll(() => processes(endpoint, "hasty"), { timeout: 30_000 }).toBe(0);
  await expect.poll(pipesOpen, { timeout: 10_000 }).toBe(0);
  const { status } = await exchange(endpoint.server.url, "SELECT 1");
  expect(status).toBe(200);
});

test("small queries during a long one leave no connections behind", async () => {
  const sleeper = "SELECT sleepEachRow(0.5) AS companion FROM numbers(1000) SETTINGS max_block_size = 1";
  const long = exchange(`${endpoint.server.url}/?query_id=long`, sleeper);
  await expect.poll(() => processes(endpoint, "companion")).toBe(1);
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
