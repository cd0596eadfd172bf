import type { Link } from "./connect.ts";
import type { LogMessage } from "./log-message.ts";
import { openReader } from "./read-stream.ts";

/** Which messages to read. */
export interface RangeOptions {
  readonly stream: string;
  /** Incarnation of the stream that the range belongs to, microseconds since 1970. */
  readonly epoch: number;
  /** Both ends included. */
  readonly first: number;
  readonly last: number;
  readonly onMessage: (message: LogMessage) => void;
  readonly signal: AbortSignal;
  /** How long in a row no consumer may be had, in milliseconds. Default 30 s: longer than a restart of NATS. */
  readonly giveUpMs?: number;
}

const GIVE_UP_MS = 30_000;

/**
 * Reads the messages that the stream still has of a range, in order. Resolves when all were handed out.
 * @throws Error if the stream is gone or recreated, or if no consumer can be had for a while; the signal's reason if it aborts
 */
export async function readRange(link: Link, options: RangeOptions): Promise<void> {
  const { stream, epoch, first, giveUpMs = GIVE_UP_MS, last, onMessage, signal } = options;
  if (last < first) return;
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  let failingSince: number | undefined;
  const done = new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    const reader = openReader(link, {
      stream,
      epoch,
      from: first,
      onMessage: (message) => {
        if (message.seq <= last) onMessage(message);
        if (message.seq >= last || message.pending === 0) resolve();
      },
      onStatus: (status) => {
        if (status.type === "opening-failed") {
          failingSince ??= performance.now();
          if (performance.now() - failingSince > giveUpMs) reject(status.error);
        }
        if (status.type === "opened") failingSince = undefined;
        if (status.type === "opened" && status.remaining === 0) resolve();
        if (status.type === "caught-up") resolve();
        if (status.type === "stream-missing" || status.type === "stream-recreated") reject(new Error(`Stream "${stream}" is gone.`));
      },
    });
    stop = () => {
      signal.removeEventListener("abort", onAbort);
      void reader.stop();
    };
  });
  try {
    await done;
  } finally {
    stop?.();
  }
}
