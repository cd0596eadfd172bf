import { randomUUID } from "node:crypto";
import { BASE_TABLES, type ClickHouse } from "../clickhouse/index.ts";
import type { JetStream } from "../jetstream/index.ts";
import { durationMs, storedStreams, widestReplicas, type Enrichers, type Project } from "../model/index.ts";
import { createDecoder } from "./decode/decode-message.ts";
import { fingerprint } from "./fingerprint.ts";
import { healthOf, type HealthReport } from "./health.ts";
import { systemClock } from "./lane/clock.ts";
import type { LaneContext, SequenceRange } from "./lane/lane-context.ts";
import { LaneMonitor } from "./lane/lane-monitor.ts";
import { createPace } from "./lane/pace.ts";
import { Roster } from "./lane/roster.ts";
import { runLane } from "./lane/run-lane.ts";
import { Share } from "./lane/share.ts";
import type { Logger } from "./logger.ts";
import type { IngestMetrics } from "./metrics.ts";
import { readinessOf, type ReadinessReport } from "./readiness.ts";
import { watchStreams } from "./watch-streams.ts";

/** What a worker works with. */
export interface IngestOptions {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  /** Name of the worker, for people; a claim adds what makes it unique. */
  readonly worker: string;
  readonly logger: Logger;
  readonly metrics: IngestMetrics;
  /** Tells the worker to stop: it drains what is in hand, then ends. */
  readonly signal: AbortSignal;
  /** The enrichers of the project's events, made by `createEnrichers`; needed if there are any. */
  readonly enrichers?: Enrichers;
  /** "caught-up": end once everything that the streams held at the start is committed. */
  readonly until?: "caught-up";
  /** What to read of each stream, for a replay of a part: the ledger counts what lies before as left out. A stream that is not named is read whole. */
  readonly ranges?: ReadonlyMap<string, SequenceRange>;
  /** Most messages a second, over all streams. Default: no limit. */
  readonly rate?: number;
}

/** A worker at work. */
export interface IngestRun {
  /** Resolves when every lane has ended; rejects only if the worker cannot start. */
  readonly done: Promise<void>;
  readonly health: () => HealthReport;
  /** Asks both servers, for 2 s at most. */
  readonly readiness: () => Promise<ReadinessReport>;
}

/** Starts a worker on every lane of a project. @throws Error (through `done`) if tables are missing */
export function startIngest(options: IngestOptions): IngestRun {
  const { jetstream, logger, metrics, project } = options;
  const stalledMs = durationMs(project.limits.stalled) + durationMs(project.limits.batchAge);
  const isConnected = (): boolean => jetstream.isConnected();
  const monitors = storedStreams(project.streams).map(
    ({ name: stream }) => new LaneMonitor({ stream, metrics, logger, isConnected, stalledMs }),
  );
  return {
    done: run(options, monitors),
    health: () => healthOf(jetstream, monitors),
    readiness: () => readinessOf({ ...options, monitors }),
  };
}

/** Runs a worker to its end: see {@link startIngest}. */
export async function runIngest(options: IngestOptions): Promise<void> {
  await startIngest(options).done;
}

async function run(options: IngestOptions, monitors: readonly LaneMonitor[]): Promise<void> {
  const { clickhouse, jetstream, project } = options;
  await checkTables(clickhouse);
  const share = new Share(monitors.length);
  const roster = new Roster({
    lanes: await jetstream.lanes(clickhouse.database, widestReplicas(project)),
    worker: `${options.worker}/${randomUUID().slice(0, 8)}`,
    leaseMs: durationMs(project.limits.lease),
    clock: systemClock,
    onCount: (workers) => share.divideBy(workers),
  });
  const context: LaneContext = {
    project,
    jetstream,
    clickhouse,
    clock: systemClock,
    share,
    decode: createDecoder(project, options.enrichers),
    code: fingerprint(project),
    worker: options.worker,
    signal: options.signal,
    until: options.until,
    ranges: options.ranges ?? new Map<string, SequenceRange>(),
    pace: options.rate === undefined ? undefined : createPace(options.rate, options.signal),
  };
  const stopWatching = watchStreams(jetstream, monitors);
  await roster.join();
  try {
    await Promise.all(monitors.map((monitor) => runLane(context, monitor, options.logger)));
  } finally {
    stopWatching();
    await roster.leave();
  }
}

async function checkTables(clickhouse: ClickHouse): Promise<void> {
  const rows = await clickhouse.rows<{ name: string }>({
    name: "Tables of the project",
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase()",
  });
  const found = new Set(rows.map((row) => row.name));
  const missing = BASE_TABLES.filter((table) => !found.has(table.name)).map((table) => table.name);
  if (missing.length > 0) {
    throw new Error(`Database "${clickhouse.database}" lacks the tables ${missing.join(", ")}: run "hydrograph migrate".`);
  }
}
