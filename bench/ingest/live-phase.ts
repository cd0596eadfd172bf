import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { eventMessage, type JetStream, type OutgoingMessage } from "../../jetstream/index.ts";
import { BENCH_STREAM, benchEvent, benchProject } from "./bench-project.ts";
import type { BenchServers } from "./bench-servers.ts";
import { reportOf, type ChildReport } from "./child-report.ts";
import { startChild } from "./run-child.ts";

/** Events of a second while a worker is watched at work. */
export const LIVE_RATE = 10_000;
const LIVE_SECONDS = 15;
const OUTAGE_SECONDS = 60;
/** Events are let go together so many milliseconds apart. */
const SLICE_MS = 10;

/** What a live phase works with. */
export interface LiveOptions {
  readonly servers: BenchServers;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  /** Number of the first event to publish. */
  readonly first: number;
  readonly bytes: number;
  readonly derive: boolean;
}

/** 95th percentile of the time from an event's being stored to its being queryable, milliseconds, at {@link LIVE_RATE} events/s. */
export async function measureFreshness(options: LiveOptions): Promise<number> {
  const { clickhouse, jetstream } = options;
  let before = 0;
  await withWorker(options, async () => {
    // A worker takes a second or two to start: what waited for it would tell nothing of a worker at work.
    await publishPaced(options, 1);
    await caughtUp(options);
    before = (await jetstream.streamState(BENCH_STREAM))?.lastSeq ?? 0;
    await publishPaced({ ...options, first: options.first + 1 }, LIVE_SECONDS * LIVE_RATE);
    await caughtUp(options);
  });
  const [row] = await clickhouse.rows<{ p95: number }>({
    name: "Freshness",
    sql: `SELECT quantileExact(0.95)(dateDiff('millisecond', e.stored_at, l.inserted_at)) AS p95
          FROM (SELECT stream, seq, stored_at FROM events WHERE seq > {before:UInt64}) AS e
          ASOF JOIN (SELECT stream, last, inserted_at FROM ingest_ledger) AS l ON e.stream = l.stream AND e.seq <= l.last`,
    params: { before: String(before) },
  });
  return Number(row?.p95);
}

/** What an outage did. */
export interface OutageReport {
  /** Peak memory of the worker, MiB. */
  readonly workerPeakMb: number;
  /** From ClickHouse's return to nothing waiting, seconds, while events go on coming. */
  readonly catchUpSeconds: number;
  /** Active parts of `events` before the outage and after the catch-up. */
  readonly partsBefore: number;
  readonly partsAfter: number;
}

/** Takes ClickHouse away for a minute while {@link LIVE_RATE} events/s come. */
export async function measureOutage(options: LiveOptions): Promise<OutageReport> {
  const { clickhouse, servers } = options;
  const partsBefore = await activeParts(clickhouse);
  let catchUpSeconds = 0;
  const { peakMb } = await withWorker(options, async () => {
    const publishing = publishPaced(options, (OUTAGE_SECONDS + 20) * LIVE_RATE);
    await sleep(5_000);
    await servers.stopClickHouse();
    await sleep(OUTAGE_SECONDS * 1_000);
    await servers.startClickHouse();
    const returned = performance.now();
    await publishing;
    await caughtUp(options);
    catchUpSeconds = (performance.now() - returned) / 1_000;
  });
  return {
    workerPeakMb: Math.round(peakMb),
    catchUpSeconds: Number(catchUpSeconds.toFixed(1)),
    partsBefore,
    partsAfter: await activeParts(clickhouse),
  };
}

async function activeParts(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.rows<{ parts: string }>({
    name: "Parts",
    sql: "SELECT count() AS parts FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'",
  });
  return Number(row?.parts);
}

async function withWorker({ derive, servers }: LiveOptions, work: () => Promise<void>): Promise<ChildReport> {
  const worker = startChild("live", servers, { derive });
  const report = reportOf(worker, "work live");
  try {
    await Promise.race([work(), report.then(() => Promise.reject(new Error("The worker ended by itself.")))]);
  } finally {
    if (worker.connected) worker.send("stop");
  }
  return report;
}

async function publishPaced({ bytes, first, jetstream }: LiveOptions, count: number): Promise<void> {
  const messages = async function* (): AsyncGenerator<OutgoingMessage> {
    const started = performance.now();
    const slice = (LIVE_RATE * SLICE_MS) / 1_000;
    for (let n = 0; n < count; n += 1) {
      const due = started + (n / LIVE_RATE) * 1_000 - performance.now();
      if (n % slice === 0 && due > 0) await sleep(due);
      yield eventMessage(benchProject, benchEvent(first + n, bytes));
    }
  };
  await jetstream.publish(messages());
}

/** Waits until the ledger has come to the stream's end. */
async function caughtUp({ clickhouse, jetstream }: LiveOptions): Promise<void> {
  for (;;) {
    const end = (await jetstream.streamState(BENCH_STREAM))?.lastSeq ?? 0;
    const [row] = await clickhouse.rows<{ last: string }>({
      name: "Ledger end",
      sql: "SELECT max(l.last) AS last FROM ingest_ledger AS l",
    });
    if (Number(row?.last) >= end) return;
    await sleep(100);
  }
}
