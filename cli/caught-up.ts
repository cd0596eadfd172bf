import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseFailure, type FailureKind } from "../clickhouse/index.ts";
import { laneStatus, type LaneStatus, type LaneStatusOptions } from "../ingest/index.ts";

const POLL_MS = 500;

/**
 * Waits until everything that the streams hold now is committed, whichever worker does it: a lane that another one reads is not ours to read.
 * With `limits` a stream counts as committed from that sequence on: a replay may end before the stream does.
 * A server that is away or unwell for a while is waited for, as the worker waits for it. Resolves also when the signal aborts.
 */
export async function untilCommitted(
  options: LaneStatusOptions,
  signal: AbortSignal,
  limits: ReadonlyMap<string, number> = new Map(),
): Promise<void> {
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  let goals: ReadonlyMap<string, number> | undefined;
  while (!signal.aborted) {
    const lanes = await Promise.race([statusIfKnown(options), aborted]);
    goals ??= lanes && new Map(lanes.map(({ lastSeq = 0, stream }) => [stream, Math.min(lastSeq, limits.get(stream) ?? lastSeq)]));
    if (lanes?.every(({ committed = 0, stream }) => committed >= (goals?.get(stream) ?? 0))) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function statusIfKnown(options: LaneStatusOptions): Promise<readonly LaneStatus[] | undefined> {
  try {
    return await laneStatus(options);
  } catch (error) {
    if (willPass(error)) return undefined;
    throw error;
  }
}

/** Kinds of failure that end by themselves or when an administrator acts. */
const PASSING: ReadonlySet<FailureKind> = new Set(["retry", "slow-down", "pause"]);

/** Whether it is worth asking again. NATS errors are told by name, also behind a sentence of ours; a closed connection does not come back. */
function willPass(error: unknown): boolean {
  if (error instanceof ClickHouseFailure) return PASSING.has(error.kind);
  if (!(error instanceof Error)) return false;
  if (error.name === "NatsError") return (error as NodeJS.ErrnoException).code !== "CONNECTION_CLOSED";
  return willPass(error.cause);
}
