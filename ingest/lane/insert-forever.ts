import { ClickHouseFailure, type BinaryInsert, type ClickHouse } from "../../clickhouse/index.ts";
import type { LaneState } from "../metrics.ts";
import type { Clock } from "./clock.ts";

/** Who inserts, and whom to tell about it. */
export interface InsertContext {
  readonly clickhouse: ClickHouse;
  readonly clock: Clock;
  /** Ends the tries: the lane is lost, or the worker was told to stop and its time is up. */
  readonly signal: AbortSignal;
  /** Called before each try. What it throws is a failed try if ClickHouse failed it, else the end. */
  readonly before?: () => Promise<void>;
  /** @param reason why, unless it is as it should be */
  readonly onState: (state: LaneState, reason?: string) => void;
  readonly onFailure: (failure: ClickHouseFailure, attempt: number) => void;
}

const STATE_OF = { retry: "retrying", "slow-down": "slowed", pause: "paused", "bad-data": "paused", "bad-statement": "paused" } as const;
/** First and longest wait before the next try, in milliseconds. Too many parts need merges, an administrator needs time. */
const WAITS = { retry: [100, 10_000], "slow-down": [1_000, 30_000], pause: [1_000, 15_000], "bad-statement": [1_000, 15_000] } as const;

/**
 * Sends the same bytes under the same token until they are in: after a timeout, a reset or a server error nobody knows whether they are, and the token makes
 * a second arrival harmless.
 * @throws ClickHouseFailure of kind "bad-data" if a row is at fault; what `before` throws; the signal's reason if it aborts
 */
export async function insertForever(context: InsertContext, insert: BinaryInsert): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    context.signal.throwIfAborted();
    try {
      await context.before?.();
      await context.clickhouse.insert({ ...insert, signal: context.signal });
      if (attempt > 1) context.onState("running");
      return;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ClickHouseFailure)) throw error;
      context.onFailure(error, attempt);
      if (error.kind === "bad-data") throw error;
      context.onState(STATE_OF[error.kind], error.message);
      const [first, longest] = WAITS[error.kind];
      // An abort ends the wait; the loop's first line then throws its reason.
      await context.clock.sleep(Math.min(longest, first * 2 ** (attempt - 1)), context.signal).catch(() => undefined);
    }
  }
}
