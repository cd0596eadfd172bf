import { setTimeout as sleep } from "node:timers/promises";
import { laneStatus, type LaneStatusOptions } from "../ingest/index.ts";

const POLL_MS = 500;

/**
 * Waits until everything that the streams hold now is committed, whichever worker does it: a lane that another one reads is not ours to read.
 * Resolves also when the signal aborts.
 */
export async function untilCommitted(options: LaneStatusOptions, signal: AbortSignal): Promise<void> {
  const goals = new Map((await laneStatus(options)).map(({ lastSeq, stream }) => [stream, lastSeq ?? 0]));
  while (!signal.aborted) {
    const lanes = await laneStatus(options);
    if (lanes.every(({ committed = 0, stream }) => committed >= (goals.get(stream) ?? 0))) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
