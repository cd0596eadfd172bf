import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rows, quietClient } from "./endpoint.test-support.ts";
import { startClickHouse } from "./start-clickhouse.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hydrograph-crash-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("kill -9 during inserts loses no acknowledged row and leaves no part of a batch", async () => {
  const batchRows = 2000;
  const acknowledged: number[] = [];
  let batch = 0;
  for (let crash = 0; crash < 3; crash++) {
    const server = await startClickHouse({ dataDir: directory });
    const client = quietClient(server.url);
    await client.command({ query: "CREATE TABLE IF NOT EXISTS t (batch UInt32, row UInt32) ENGINE = MergeTree ORDER BY batch" });
    setTimeout(() => server.kill(), 300 + crash * 170);
    for (;;) {
      const values = Array.from({ length: batchRows }, (_, row) => ({ batch, row }));
      const error = await client.insert({ table: "t", values, format: "JSONEachRow" }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) break;
      acknowledged.push(batch++);
    }
    batch++;
    await client.close();
    await server.exited;
  }
  const server = await startClickHouse({ dataDir: directory });
  const client = quietClient(server.url);
  const stored = await rows<{ batch: number; n: number }>(client, "SELECT batch, count() AS n FROM t GROUP BY batch ORDER BY batch");
  expect(acknowledged.length).toBeGreaterThan(3);
  expect(acknowledged.filter((one) => !stored.some((row) => row.batch === one))).toEqual([]);
  expect(stored.filter(({ n }) => n !== batchRows)).toEqual([]);
  expect(stored.length - acknowledged.length).toBeLessThanOrEqual(3);
  await client.close();
  await server.stop();
});

test("stop lets a running insert finish and ends queries", async () => {
  const server = await startClickHouse({ dataDir: directory });
  const client = quietClient(server.url);
  await client.command({ query: "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a" });
  const insert = client.command({ query: "INSERT INTO t SELECT sleepEachRow(0.1) FROM numbers(15) SETTINGS max_block_size = 1" });
  const query = client.query({ query: "SELECT sum(number) FROM numbers(1000000000000)" });
  const failure = query.catch((reason: unknown) => reason);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await server.stop();
  await insert;
  expect(await failure).toMatchObject({ code: "394" });
  await client.close();

  const again = await startClickHouse({ dataDir: directory });
  const reader = quietClient(again.url);
  expect(await rows(reader, "SELECT count() AS n FROM t")).toEqual([{ n: 15 }]);
  await reader.close();
  await again.stop();
});

test("a second process on the same folder and a taken port are one sentence each", async () => {
  const server = await startClickHouse({ dataDir: directory });
  await expect(startClickHouse({ dataDir: directory })).rejects.toThrow(
    `ClickHouse is already running on ${directory}: stop that process first or choose another folder.`,
  );
  await expect(startClickHouse({ dataDir: join(directory, "other"), port: server.port })).rejects.toThrow(
    `Port ${server.port} on 127.0.0.1 is already in use`,
  );
  await server.stop();
});
