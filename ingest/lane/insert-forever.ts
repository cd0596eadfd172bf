import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseFailure, type BinaryInsert, type ClickHouse } from "../../clickhouse/index.ts";
import type { LaneState } from "../metrics.ts";

/** Who inserts, and whom to tell about it. */
export interface InsertContext {
  readonly clickhouse: ClickHouse;
  /** Ends the tries: the lane is lost, or the worker was told to stop and its time is up. */
  readonly signal: AbortSignal;
  /** Called before a try that follows a failure. @throws Error if the insert must not be tried again: the tables may be others by now */
  readonly beforeRetry: () => Promise<void>;
  readonly onState: (state: LaneState) => void;
  readonly onFailure: (failure: ClickHouseFailure, attempt: number) => void;
}

const STATE_OF = { retry: "retrying", "slow-down": "slowed", pause: "paused", "bad-data": "paused", "bad-statement": "paused" } as const;
/** First and longest wait before the next try, in milliseconds. Too many parts need merges, an administrator needs time. */
const WAITS = { retry: [100, 10_000], "slow-down": [1_000, 30_000], pause: [1_000, 15_000], "bad-statement": [1_000, 15_000] } as const;

/** There is no such table, or no such database. */
const GONE: ReadonlySet<number> = new Set([60, 81]);

/**
 * Sends the same bytes under the same token until they are in: after a timeout, a reset or a server error nobody knows whether they are, and the token makes
 * a second arrival harmless. A table that is not there is another matter: when it is there again it may be empty, and only a new claim asks how much it lost.
 * @throws ClickHouseFailure of kind "bad-data" if a row is at fault, of kind "pause" if the table or its database is gone; the signal's reason if it aborts
 */
export async function insertForever(context: InsertContext, insert: BinaryInsert): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    context.signal.throwIfAborted();
    try {
      if (attempt > 1) await context.beforeRetry();
      await context.clickhouse.insert({ ...insert, signal: context.signal });
      if (attempt > 1) context.onState("running");
      return;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ClickHouseFailure)) throw error;
      context.onFailure(error, attempt);
      if (error.kind === "bad-data" || GONE.has(error.code ?? 0)) throw error;
      context.onState(STATE_OF[error.kind]);
      const [first, longest] = WAITS[error.kind];
      // An abort ends the wait; the loop's first line then throws its reason.
      await sleep(Math.min(longest, first * 2 ** (attempt - 1)), undefined, { signal: context.signal }).catch(() => undefined);
    }
  }
}
