import { setTimeout as wait } from "node:timers/promises";

/** The time that a lane lives by: passed in, so that a test may let one worker's stand still while another's goes on. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Waits so many milliseconds. @throws an AbortError if the signal aborts */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Acts once, so many milliseconds from now. @returns calls it off */
  after(ms: number, action: () => void): () => void;
  /** Acts again and again, every so many milliseconds. @returns calls it off */
  every(ms: number, action: () => void): () => void;
}

/** The time of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, action) => {
    const timer = setInterval(action, ms);
    return () => clearInterval(timer);
  },
};
