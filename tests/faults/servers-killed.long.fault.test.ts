import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectClickHouse, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse, startNats, type RunningServer } from "../../embedded/index.ts";
import project from "../../examples/shop/hydrograph.config.ts";
import { shopEvents } from "../../examples/shop/index.ts";
import { createIngestMetrics, runIngest, verify, type Logger } from "../../ingest/index.ts";
import { connectJetStream, eventMessage, type JetStream, type OutgoingMessage } from "../../jetstream/index.ts";
import { trend } from "../../queries/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { randomFrom } from "../support/random.ts";

const KILLS = inject("thorough") ? 16 : 4;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = randomFrom(seed);
const events = [...shopEvents({ until: new Date("2026-11-23T00:00:00Z"), days: 5, sessions: 8_000 })];
const distinct = new Set(events.map(({ id, source }) => `${source} ${id}`)).size;
const silent = (): void => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent };

describe(`NATS and ClickHouse killed with -9 under load, ${KILLS} times in all (SEED=${seed})`, () => {
  let dataDir: string;
  let nats: RunningServer & { readonly port: number };
  let clickhouseServer: RunningServer & { readonly port: number };
  let jetstream: JetStream;
  let clickhouse: ClickHouse;
  const restartNats = async (port = 0): Promise<void> => {
    nats = await startNats({ dataDir: join(dataDir, "nats"), port });
  };
  const restartClickHouse = async (port = 0): Promise<void> => {
    clickhouseServer = await startClickHouse({ dataDir: join(dataDir, "clickhouse"), port });
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "hydrograph-killed-"));
    await Promise.all([restartNats(), restartClickHouse()]);
    jetstream = await connectJetStream({ url: nats.url });
    clickhouse = connectClickHouse({ url: clickhouseServer.url, database: project.name });
    await jetstream.ensureStreams(project.streams);
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  });

  afterAll(async () => {
    await jetstream.close();
    await clickhouse.close();
    await Promise.all([nats.stop(), clickhouseServer.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  });

  it("loses and doubles nothing: every acknowledged event is in events and in each rollup exactly once", async () => {
    const stop = new AbortController();
    const small = { ...project, limits: { ...project.limits, batchRows: 400, batchAge: "100ms", lease: "1s" } };
    const worker = runIngest({
      project: small,
      jetstream,
      clickhouse,
      worker: "w",
      logger,
      metrics: createIngestMetrics(),
      signal: stop.signal,
    });
    let broken: unknown;
    worker.catch((error: unknown) => {
      broken = error;
    });
    let publishing = true;
    const publisher = jetstream.publish(paced()).finally(() => {
      publishing = false;
    });
    let killedWhilePublishing = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await sleep(100 + random() * 700);
      if (publishing) killedWhilePublishing += 1;
      if (kill % 2 === 0) {
        const { port } = nats;
        nats.kill();
        await nats.exited;
        await restartNats(port);
      } else {
        const { port } = clickhouseServer;
        clickhouseServer.kill();
        await clickhouseServer.exited;
        await restartClickHouse(port);
      }
    }
    expect(await publisher).toMatchObject({ failed: 0 });
    expect(killedWhilePublishing).toBeGreaterThan(0);
    const fresh = { ...events[0], specversion: "1.0" as const, id: "fresh", source: "after the kills", type: "page.viewed" };
    await jetstream.publish([eventMessage(project, fresh)]);
    await until(async () => {
      expect(broken).toBeUndefined();
      return (await clickhouse.rows({ name: "Fresh", sql: "SELECT 1 FROM events WHERE id = 'fresh'" })).length === 1;
    });
    stop.abort();
    await worker;

    const report = await verify({ clickhouse });
    expect(report.lanes.flatMap((lane) => lane.problems)).toEqual([]);
    const [counts] = await clickhouse.rows({ name: "Counts", sql: "SELECT count() AS rows, uniqExact(source, id) AS ids FROM events" });
    expect(counts).toEqual({ rows: String(distinct + 1), ids: String(distinct + 1) });
    for (const metric of project.metrics) {
      const request = { metric: metric.name, from: "2026-11-10", to: "2026-11-25", grain: "6 hours" };
      const rollup = await trend(clickhouse, project, request);
      expect([metric.name, rollup.sources[0]?.kind, rollupTable(metric).name]).toEqual([metric.name, "rollup", rollupTable(metric).name]);
      expect(rollup.rows).toEqual((await trend(clickhouse, project, { ...request, source: "raw" })).rows);
    }
  }, 240_000);
});

/** The events, slowly enough that kills fall into the middle of publishing. */
async function* paced(): AsyncGenerator<OutgoingMessage> {
  for (const [index, event] of events.entries()) {
    if (index % 500 === 0) await sleep(20);
    yield eventMessage(project, event);
  }
}

async function until(question: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await question()) return;
    await sleep(100);
  }
  throw new Error("It never came true within a minute.");
}
