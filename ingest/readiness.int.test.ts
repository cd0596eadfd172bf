import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClickHouse } from "../clickhouse/index.ts";
import { createIngestMetrics, startIngest, type IngestRun } from "./index.ts";
import { someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";
import { readinessOf } from "./readiness.ts";

let pipeline: TestPipeline;
let stop: AbortController;
let run: IngestRun;

beforeEach(async () => {
  pipeline = await testPipeline();
  stop = new AbortController();
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  run = startIngest({ ...pipeline, worker: "w", logger: quiet, metrics: createIngestMetrics(), signal: stop.signal });
  await expect.poll(run.health, patiently).toMatchObject({ lanes: [{ state: "running" }] });
});

afterEach(async () => {
  stop.abort();
  await run.done;
  await pipeline.close();
});

const patiently = { timeout: 30_000, interval: 50 };

describe("a worker", () => {
  test("is ready while both servers answer and its lanes are read, and not while one is paused", async () => {
    const ready = {
      ok: true,
      jetstream: "answers",
      clickhouse: "answers",
      lanes: [{ stream: pipeline.stream, state: "running", ok: true }],
    };
    expect(await run.readiness()).toEqual(ready);
    await pipeline.clickhouse.command({ name: "Take away", sql: "RENAME TABLE events TO elsewhere" });
    await pipeline.publish(someEvents(0, 5));
    await expect
      .poll(run.readiness, patiently)
      .toMatchObject({ ok: false, clickhouse: "answers", lanes: [{ state: "paused", ok: false }] });
    await pipeline.clickhouse.command({ name: "Put back", sql: "RENAME TABLE elsewhere TO events" });
    await expect.poll(run.readiness, patiently).toEqual(ready);
  });

  test("is not ready while a server is silent, and says which one", async () => {
    const silent: ClickHouse = { ...pipeline.clickhouse, rows: () => new Promise(() => {}) };
    expect(await readinessOf({ ...pipeline, clickhouse: silent, monitors: [] })).toMatchObject({
      ok: false,
      clickhouse: "silent",
      jetstream: "answers",
    });
    const cut = { ...pipeline.jetstream, isConnected: () => false };
    expect(await readinessOf({ ...pipeline, jetstream: cut, monitors: [] })).toMatchObject({ ok: false, jetstream: "silent" });
    const mute = { ...pipeline.jetstream, streamState: () => new Promise<undefined>(() => {}) };
    expect(await readinessOf({ ...pipeline, jetstream: mute, monitors: [] })).toMatchObject({
      ok: false,
      jetstream: "silent",
      clickhouse: "answers",
    });
  });
});
