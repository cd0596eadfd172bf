import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClickHouseFailure } from "../clickhouse/index.ts";
import { startNats, type RunningServer } from "../embedded/index.ts";
import { connectJetStream, eventMessage, type JetStream } from "../jetstream/index.ts";
import { createIngestMetrics, startIngest, type IngestMetrics, type IngestRun } from "./index.ts";
import { someEvents, testPipeline, type TestPipeline } from "./ingest.test-support.ts";

let folder: string;
let nats: RunningServer;
let jetstream: JetStream;
let pipeline: TestPipeline;
let metrics: IngestMetrics;
let stop: AbortController;
let run: IngestRun;
let clickhouseIsDown = false;

/** A worker on a NATS of its own, which may be killed, whose ClickHouse can be made to refuse inserts. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hydrograph-lag-"));
  nats = await startNats({ dataDir: folder });
  jetstream = await connectJetStream({ url: nats.url });
  pipeline = await testPipeline({ limits: { drain: "100ms" } });
  await jetstream.ensureStreams(pipeline.project.streams);
  metrics = createIngestMetrics();
  stop = new AbortController();
  clickhouseIsDown = false;
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const clickhouse: TestPipeline["clickhouse"] = {
    ...pipeline.clickhouse,
    insert: async (insert) => {
      if (clickhouseIsDown) throw new ClickHouseFailure("retry", "ClickHouse is down.");
      await pipeline.clickhouse.insert(insert);
    },
  };
  run = startIngest({
    project: pipeline.project,
    jetstream,
    clickhouse,
    worker: "w",
    logger,
    metrics,
    signal: stop.signal,
  });
});

afterEach(async () => {
  stop.abort();
  await jetstream.close();
  await run.done.catch(() => undefined);
  nats.kill();
  await nats.exited;
  await pipeline.close();
  await rm(folder, { recursive: true, force: true });
});

async function publish(from: number, to: number): Promise<void> {
  await jetstream.publish(someEvents(from, to).map((event) => eventMessage(pipeline.project, event)));
}

async function lag(): Promise<[number | undefined, number | undefined]> {
  return [(await metrics.lagMessages.get()).values[0]?.value, (await metrics.lagSeconds.get()).values[0]?.value];
}

const patiently = { timeout: 30_000, interval: 50 };

describe("lag in outages", () => {
  test("grows with what is published while ClickHouse is down and reading is paused, and falls to 0 when it is back", async () => {
    await publish(0, 50);
    await expect.poll(async () => (await metrics.received.get()).values[0]?.value, patiently).toBe(50);
    await expect.poll(lag, patiently).toStrictEqual([0, 0]);
    clickhouseIsDown = true;
    await publish(50, 1_050);
    await expect.poll(async () => (await lag())[0], patiently).toBe(1_000);
    // Two batches of 100 are in hand, and no more is read: what comes now is seen by asking the stream.
    await publish(1_050, 1_250);
    await expect.poll(async () => (await lag())[0], patiently).toBe(1_200);
    const [, before] = await lag();
    await expect.poll(async () => (await lag())[1], patiently).toBeGreaterThan(before ?? Number.NaN);
    clickhouseIsDown = false;
    await expect.poll(lag, patiently).toStrictEqual([0, 0]);
  });

  test("is unknown when NATS is gone", async () => {
    await publish(0, 50);
    await expect.poll(lag, patiently).toStrictEqual([0, 0]);
    nats.kill();
    await expect.poll(lag, patiently).toStrictEqual([Number.NaN, Number.NaN]);
  });
});
