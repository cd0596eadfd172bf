import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { replayLane, type JetStream, type LaneEntry, type Lanes } from "../../jetstream/index.ts";
import { durationMs, storedStreams, type Project } from "../../model/index.ts";

/** Where the workers of a project declare their batches. */
export interface Workers {
  readonly project: Project;
  readonly jetstream: JetStream;
  /** Stops the wait for what they have under way. */
  readonly signal?: AbortSignal;
}

const POLL_MS = 100;
/** A live worker's batch takes a second or two. */
const PATIENCE_MS = 60_000;
/** A checkpoint that stands still for this many leases has no worker; 30 s by default, after which ClickHouse drops a request that sends nothing, too. */
const LEASES = 3;

/**
 * Waits until the batches that are on their way into ClickHouse at this moment are in. Every insert is declared in its lane's checkpoint before it begins, and a batch is in once
 * the ledger knows it; so when this is true, each batch that is not in `events` yet begins after the call.
 * @returns false if a worker had a batch under way for a minute
 */
export async function areBatchesSettled(clickhouse: ClickHouse, { project, jetstream, signal }: Workers): Promise<boolean> {
  const lanes = await jetstream.lanes(clickhouse.database);
  const abandonedMs = LEASES * durationMs(project.limits.lease);
  const settled = await Promise.all(
    storedStreams(project.streams).flatMap(({ name }) => {
      const lane = { lanes, clickhouse, stream: name, abandonedMs, signal };
      return [lanes.read(name).then((entry) => entry === undefined || isSettled(lane, entry)), isReplaySettled(lane)];
    }),
  );
  return settled.every(Boolean);
}

interface Lane {
  readonly lanes: Lanes;
  readonly clickhouse: ClickHouse;
  readonly stream: string;
  readonly abandonedMs: number;
  readonly signal: AbortSignal | undefined;
}

async function isSettled({ lanes, clickhouse, stream, abandonedMs, signal }: Lane, { value, revision }: LaneEntry): Promise<boolean> {
  if (!value?.intent) return true;
  const { epoch, intent } = value;
  const started = performance.now();
  let seen = { revision, at: started };
  while (performance.now() - started < PATIENCE_MS) {
    if ((await committed(clickhouse, stream, epoch)) >= intent.last) return true;
    if (performance.now() - seen.at >= abandonedMs) return true;
    await sleep(POLL_MS, undefined, { signal });
    const now = await lanes.read(stream);
    if (now?.revision !== seen.revision) seen = { revision: now?.revision ?? 0, at: performance.now() };
  }
  return false;
}

/** A replay of dead letters notes the token of each insert before it, in a checkpoint of its own: once that names another, or none, the insert is over. */
async function isReplaySettled({ abandonedMs, lanes, signal, stream }: Lane): Promise<boolean> {
  const first = await lanes.read(replayLane(stream));
  const token = first?.value?.intent?.fingerprint;
  if (token === undefined) return true;
  const started = performance.now();
  let seen = { revision: first?.revision, at: started };
  while (performance.now() - started < PATIENCE_MS) {
    await sleep(POLL_MS, undefined, { signal });
    const now = await lanes.read(replayLane(stream));
    if (now?.value?.intent?.fingerprint !== token) return true;
    if (now?.revision !== seen.revision) seen = { revision: now?.revision, at: performance.now() };
    if (performance.now() - seen.at >= abandonedMs) return true;
  }
  return false;
}

async function committed(clickhouse: ClickHouse, stream: string, epoch: number): Promise<number> {
  const [row] = await clickhouse.rows<{ last: string }>({
    name: "Ledger end",
    sql: "SELECT max(l.last) AS last FROM ingest_ledger AS l WHERE stream = {stream:String} AND epoch = {epoch:UInt64}",
    params: { stream, epoch: String(epoch) },
  });
  return Number(row?.last ?? 0);
}
