import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { startClickHouse, startNats, type RunningServer } from "../../embedded/index.ts";
import { createIngestMetrics, startIngest, verify, type Logger } from "../../ingest/index.ts";
import { connectJetStream, eventMessage, type JetStream } from "../../jetstream/index.ts";
import { defineProject } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { randomFrom } from "../support/random.ts";
import { paid, single } from "./messages.ts";
import { setScene } from "./scene.ts";

const EVENTS = 60_000;
const project = defineProject({
  name: "disk_full",
  streams: [{ name: "DISK_FULL", subjects: ["disk.full.>"] }],
  events: [],
  limits: { batchRows: 10_000 },
});

/** A small disk that can be full: only Linux's root may mount one. */
function mountDisk(folder: string, size: string): boolean {
  try {
    mkdirSync(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("ClickHouse's disk is full", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hydrograph-disk-"));
  const disk = join(folder, "disk");
  const hasDisk = mountDisk(disk, "9m");
  let server: RunningServer;
  let clickhouse: ClickHouse;
  let jetstream: JetStream;

  beforeAll(async () => {
    if (!hasDisk) return;
    server = await startClickHouse({ dataDir: join(disk, "clickhouse") });
    clickhouse = connectClickHouse({ url: server.url, database: project.name });
    jetstream = await connectJetStream({ url: inject("natsUrl") });
    await jetstream.ensureStreams(project.streams);
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  });
  afterAll(async () => {
    if (hasDisk) {
      await Promise.all([jetstream.close(), clickhouse.close()]);
      await server.stop();
      execFileSync("umount", [disk]);
    }
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!hasDisk)(
    "the lane pauses and says so; with space again everything goes in, once (skipped where no tmpfs can be mounted: needs root)",
    async () => {
      const random = randomFrom(1);
      const noise = (): string => Array.from({ length: 20 }, () => random().toString(36)).join("");
      const events = Array.from({ length: EVENTS }, (_, n) =>
        eventMessage(project, { specversion: "1.0", id: `e${n}`, source: "test", type: "noise", data: { noise: noise() } }),
      );
      expect(await jetstream.publish(events)).toMatchObject({ failed: 0 });
      const said: string[] = [];
      const say = (_fields: object, message: string): number => said.push(message);
      const logger: Logger = { debug: say, info: say, warn: say, error: say };
      const stop = new AbortController();
      const worker = startIngest({
        project,
        jetstream,
        clickhouse,
        worker: "w",
        logger,
        metrics: createIngestMetrics(),
        signal: stop.signal,
      });
      await until(() => worker.health().lanes[0]?.state === "paused");
      expect(worker.health().ok).toBe(false);
      expect(said.filter((line) => line.includes("the disk is full, free some space"))).toHaveLength(1);
      execFileSync("mount", ["-o", "remount,size=600m", disk]);
      await until(async () => (await verify({ clickhouse })).inserted === EVENTS);
      stop.abort();
      await worker.done;
      expect(await verify({ clickhouse })).toMatchObject({ ok: true, inserted: EVENTS, deadLettered: 0 });
      expect(await clickhouse.rows({ name: "Ids", sql: "SELECT uniqExact(id) AS ids, count() AS rows FROM events" })).toEqual([
        { ids: String(EVENTS), rows: String(EVENTS) },
      ]);
    },
  );
});

describe("NATS's disk is full", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hydrograph-disk-"));
  const disk = join(folder, "disk");
  const hasDisk = mountDisk(disk, "8m");
  afterAll(async () => {
    // Lazily: a server that was killed a moment ago may still be letting go of its files.
    if (hasDisk) execFileSync("umount", ["-l", disk]);
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!hasDisk)(
    "the publisher is told, what was acknowledged is not lost, and with space again both go on (skipped where no tmpfs can be mounted: needs root)",
    async () => {
      const dataDir = join(disk, "nats");
      let server = await startNats({ dataDir });
      onTestFinished(() => server.stop());
      const scene = await setScene({}, { natsUrl: server.url, clickhouseUrl: inject("clickhouseUrl") });
      const { publisher, stream } = scene.project;
      const running = scene.worker();
      await running.said(/is running/);
      await scene.publish(50);
      await scene.committed();
      const filling = async (): Promise<void> => {
        for (let n = 0; n < 100; n += 1) await publisher.publishOnce(stream, single(paid(n, "x".repeat(200_000))));
      };
      await expect(filling()).rejects.toThrow(/TIMEOUT|503|space|resource/i);
      // A full nats-server 2.9 answers no question about streams any more, and does not end when it is asked to: it must be killed.
      server.kill();
      await server.exited;
      execFileSync("mount", ["-o", "remount,size=200m", disk]);
      server = await startNats({ dataDir, port: server.port });
      await publisher.settleUnknown();
      await scene.publish(50);
      await scene.committed();
      await scene.expectKept(running);
    },
  );
});

async function until(question: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await question()) return;
    await sleep(100);
  }
  throw new Error("It never came true within a minute.");
}
