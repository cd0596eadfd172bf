import type { ClickHouse } from "../clickhouse/index.ts";
import { laneStatus, type ReplayRange } from "../ingest/index.ts";
import type { JetStream } from "../jetstream/index.ts";
import type { Project } from "../model/index.ts";
import { untilCommitted } from "./caught-up.ts";
import type { Terminal } from "./output/terminal.ts";
import { startWorker, watchUntilDone, type WorkerTotals } from "./worker.ts";

/** What to ingest again, and where to. */
export interface ReplayWork {
  readonly project: Project;
  readonly jetstream: JetStream;
  /** The database to fill. */
  readonly into: ClickHouse;
  readonly ranges: readonly ReplayRange[];
  /** Most messages a second. */
  readonly rate: number | undefined;
  readonly terminal: Terminal;
  readonly verbose: boolean;
  readonly signal: AbortSignal;
}

/** Ingests ranges of the streams as they are now into a database, from where its ledger ends, and shows how far it is. Resolves also when the signal aborts. */
export async function replayInto(work: ReplayWork): Promise<WorkerTotals> {
  const { into, jetstream, project, ranges, rate, signal, terminal, verbose } = work;
  const stop = new AbortController();
  const target = { project: rate === undefined ? project : atRate(project, rate), jetstream, clickhouse: into };
  const total = await messagesLeft(work);
  const worker = await startWorker({
    ...target,
    terminal,
    logLevel: verbose ? "debug" : "warn",
    signal: AbortSignal.any([signal, stop.signal]),
    until: "caught-up",
    ranges: new Map(ranges.map((range) => [range.stream, range])),
    rate,
  });
  const watched = watchUntilDone(worker, terminal, total, "Replaying").finally(() => stop.abort());
  const limits = new Map(ranges.map(({ last, stream }) => [stream, last]));
  await Promise.all([watched, untilCommitted(target, stop.signal, limits).finally(() => stop.abort())]);
  return worker.totals();
}

/** Batches of about a second, so that a slow replay moves on evenly. */
function atRate(project: Project, rate: number): Project {
  return { ...project, limits: { ...project.limits, batchRows: Math.max(1, Math.min(project.limits.batchRows, Math.ceil(rate))) } };
}

/** Sequences that the ranges hold and the ledger does not. */
async function messagesLeft({ into, jetstream, project, ranges }: ReplayWork): Promise<number> {
  const lanes = await laneStatus({ project, jetstream, clickhouse: into });
  const left = ranges.map(({ first, stored, stream }) => {
    const committed = lanes.find((lane) => lane.stream === stream)?.committed ?? 0;
    return Math.max(0, stored - Math.max(committed, first - 1));
  });
  return left.reduce((sum, count) => sum + count, 0);
}
