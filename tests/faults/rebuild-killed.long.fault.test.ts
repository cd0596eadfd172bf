import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ClickHouseFailure, connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse, startNats, type RunningServer } from "../../embedded/index.ts";
import shop from "../../examples/shop/hydrograph.config.ts";
import { shopEvents } from "../../examples/shop/index.ts";
import { createIngestMetrics, runIngest, verify, type Logger } from "../../ingest/index.ts";
import { connectJetStream, eventMessage, type JetStream } from "../../jetstream/index.ts";
import { atEachGrain, count, defineMetric, type Metric, type Project } from "../../model/index.ts";
import { compareRollup, trend } from "../../queries/index.ts";
import { applyPlan, migrationPlan, rebuildRollup } from "../../transforms/index.ts";
import { randomFrom } from "../support/random.ts";

const KILLS = inject("thorough") ? 8 : 3;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = randomFrom(seed);
const silent = (): void => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent };
const events = [...shopEvents({ until: new Date("2026-11-23T00:00:00Z"), days: 5, sessions: 6_000 })];
const never = new AbortController().signal;
const limits = { ...shop.limits, batchRows: 400, batchAge: "100ms", lease: "1s" };

const event = shop.events.find(({ type }) => type === "page.viewed");
if (!event) throw new Error("The shop has no page views.");
const late = defineMetric({ name: "views_late", event, measure: count(), dimensions: ["subject"], coarser: ["1 hour"] });
const before: Project = { ...shop, limits };
const after: Project = { ...before, metrics: [...shop.metrics, late] };

describe(`ClickHouse killed with -9 in the midst of a rebuild, ${KILLS} times (SEED=${seed})`, () => {
  let folder: string;
  let nats: RunningServer;
  let server: RunningServer & { readonly port: number };
  let jetstream: JetStream;
  let clickhouse: ClickHouse;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hydrograph-rebuild-killed-"));
    nats = await startNats({ dataDir: join(folder, "nats") });
    server = await startClickHouse({ dataDir: join(folder, "clickhouse") });
    jetstream = await connectJetStream({ url: nats.url });
    clickhouse = connectClickHouse({ url: server.url, database: shop.name });
    await jetstream.ensureStreams(shop.streams);
    await applyPlan(await migrationPlan(before, clickhouse), clickhouse);
  });
  afterAll(async () => {
    await jetstream.close();
    await clickhouse.close();
    await Promise.all([nats.stop(), server.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const ingest = (project: Project, signal: AbortSignal, until?: "caught-up"): Promise<void> =>
    runIngest({ project, jetstream, clickhouse, worker: "w", logger, metrics: createIngestMetrics(), signal, ...(until ? { until } : {}) });

  async function killAndRestart(): Promise<void> {
    const { port } = server;
    server.kill();
    await server.exited;
    server = await startClickHouse({ dataDir: join(folder, "clickhouse"), port });
  }

  /** Fills a rollup; where ClickHouse was away at a moment that the command does not wait through, the same command is given again. */
  async function rebuilt(metric: Metric): Promise<void> {
    const workers = { project: after, jetstream, signal: never };
    const options = {
      metric,
      clickhouse,
      workers,
      worker: "r",
      rate: 4_000,
      eventsARange: 500,
      signal: never,
      onStep: silent,
      onProgress: silent,
    };
    for (let call = 1; call <= 300; call += 1) {
      try {
        expect(await rebuildRollup(options)).toMatchObject({ complete: true });
        return;
      } catch (error) {
        if (!(error instanceof ClickHouseFailure) || error.kind !== "retry") throw error;
        await sleep(200);
      }
    }
    throw new Error("The rebuild came to no end.");
  }

  it("the rebuild goes on, and each rollup is what the events say; ingest goes on beside it", { timeout: 240_000 }, async () => {
    const half = events.length >> 1;
    await jetstream.publish(events.slice(0, half).map((each) => eventMessage(before, each)));
    await ingest(before, never, "caught-up");
    await applyPlan(await migrationPlan(after, clickhouse), clickhouse, { workers: { project: after, jetstream, signal: never } });
    const stop = new AbortController();
    const worker = ingest(after, stop.signal);
    const published = jetstream.publish(events.slice(half).map((each) => eventMessage(after, each)));

    const done = new AbortController();
    let killed = 0;
    const kills = (async () => {
      while (killed < KILLS) {
        await sleep(300 + random() * 1_500);
        if (done.signal.aborted) return;
        killed += 1;
        await killAndRestart();
      }
    })();
    for (const metric of atEachGrain(late)) await rebuilt(metric);
    done.abort();
    await kills;
    expect(await published).toMatchObject({ failed: 0 });
    expect(killed).toBeGreaterThan(0);
    stop.abort();
    await worker;
    await ingest(after, never, "caught-up");

    expect((await verify({ clickhouse })).lanes.flatMap(({ problems }) => problems)).toEqual([]);
    for (const metric of atEachGrain(late)) {
      const comparison = await compareRollup(clickhouse, after, metric);
      expect(comparison).toMatchObject({ read: true, differences: [] });
      expect(comparison.buckets).toBeGreaterThan(5);
    }
    const request = { metric: late.name, from: "2026-11-10", to: "2026-11-25", grain: "hour" };
    const answer = await trend(clickhouse, after, request);
    expect(answer.sources[0]?.kind).toBe("rollup");
    expect(answer.rows).toEqual((await trend(clickhouse, after, { ...request, source: "raw" })).rows);
  });
});
