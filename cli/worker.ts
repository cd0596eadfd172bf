import { hostname } from "node:os";
import type { ClickHouse } from "../clickhouse/index.ts";
import { createIngestMetrics, startIngest, type IngestMetrics, type IngestRun, type SequenceRange } from "../ingest/index.ts";
import type { JetStream } from "../jetstream/index.ts";
import { durationMs, type Project } from "../model/index.ts";
import { openEnrichers } from "./open-enrichers.ts";
import { createLogger } from "./output/logger.ts";
import { startProgress } from "./output/progress.ts";
import type { Terminal } from "./output/terminal.ts";

/** What a worker of this process works with. */
export interface WorkerOptions {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  readonly terminal: Terminal;
  /** "debug" tells each batch, "warn" only what goes wrong. */
  readonly logLevel: "debug" | "info" | "warn";
  readonly signal: AbortSignal;
  readonly until?: "caught-up";
  readonly metrics?: IngestMetrics;
  /** What to read of each stream, and the most messages a second: for a replay. */
  readonly ranges?: ReadonlyMap<string, SequenceRange>;
  readonly rate?: number | undefined;
}

/** A worker at work, and what it has done since it started. */
export interface Worker extends IngestRun {
  totals(): Promise<WorkerTotals>;
}

/** Sums over all lanes. */
export interface WorkerTotals {
  /** Messages read and committed. */
  readonly received: number;
  /** Rows of `events`. */
  readonly rows: number;
  readonly deadLetters: number;
  /** Events left out as duplicates. */
  readonly duplicates: number;
  /** Messages stored and not yet committed; undefined = unknown. */
  readonly lag: number | undefined;
}

/** Makes sure that the streams exist, and starts a worker on every lane. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { clickhouse, jetstream, logLevel, project, ranges, rate, signal, terminal, until } = options;
  const logger = createLogger(terminal, logLevel);
  for (const { warnings } of await jetstream.ensureStreams(project.streams)) for (const warning of warnings) logger.warn({}, warning);
  const metrics = options.metrics ?? createIngestMetrics();
  const worker = `${hostname()}:${process.pid}`;
  const { close, enrichers, tables } = await openEnrichers(project, jetstream, (table) => metrics.lookupMisses.inc({ table }));
  for (const [table, { revision, size }] of tables) logger.info({ table, rows: size, revision }, "lookup table loaded");
  const asked = { ...(until ? { until } : {}), ...(ranges ? { ranges } : {}), ...(rate === undefined ? {} : { rate }) };
  const run = startIngest({ project, jetstream, clickhouse, worker, logger, metrics, signal, enrichers, ...asked });
  const done = Promise.race([
    run.done.finally(close),
    tooLongAfter(signal, durationMs(project.limits.drain) + GRACE_MS, () => logger.warn({}, NOT_DRAINED)),
  ]);
  return { ...run, done, totals: () => totalsOf(metrics) };
}

/** Draining ends by itself after `limits.drain`; what waits for a server that is away is not to be waited for much longer. */
const GRACE_MS = 5_000;
const NOT_DRAINED = "stopped before all was drained: what was under way is declared, and the next worker settles it";

/** Resolves so long after the signal. */
function tooLongAfter(signal: AbortSignal, ms: number, tell: () => void): Promise<void> {
  return new Promise((resolve) => {
    const wait = (): void => {
      setTimeout(() => {
        tell();
        resolve();
      }, ms).unref();
    };
    if (signal.aborted) wait();
    else signal.addEventListener("abort", wait, { once: true });
  });
}

async function totalsOf(metrics: IngestMetrics): Promise<WorkerTotals> {
  const lag = await sum(metrics.lagMessages);
  return {
    received: await sum(metrics.received),
    rows: await sum(metrics.insertedRows),
    deadLetters: await sum(metrics.deadLetters),
    duplicates: await sum(metrics.duplicates),
    lag: Number.isNaN(lag) ? undefined : lag,
  };
}

async function sum(metric: { get(): Promise<{ values: { value: number }[] }> }): Promise<number> {
  return (await metric.get()).values.reduce((total, { value }) => total + value, 0);
}

const POLL_MS = 150;

/** Shows how far a worker that ends when it has caught up is, until it ends. */
export async function watchUntilDone(worker: Worker, terminal: Terminal, total?: number, what = "Ingesting"): Promise<void> {
  const progress = startProgress(terminal, { what, unit: "message", ...(total === undefined ? {} : { total }) });
  const timer = setInterval(() => {
    void worker.totals().then(({ received }) => progress.update(received));
  }, POLL_MS);
  try {
    await worker.done;
  } finally {
    clearInterval(timer);
    progress.finish();
  }
}
