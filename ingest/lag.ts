/** How far a lane is behind its stream. NaN = nobody knows; 0 only if that is known. */
export interface Lag {
  /** Sequences stored and not committed. */
  readonly messages: number;
  /** Age of the oldest message not committed. */
  readonly seconds: number;
}

/** What a worker knows of a lane when it is asked. */
export interface LagFacts {
  /** Whether the connection to NATS is up. */
  readonly connected: boolean;
  /** Last sequence committed; undefined = the lane is not this worker's. */
  readonly committed: number | undefined;
  /** Last sequence that the stream had when it last told; undefined = it has not, or there is no such stream. */
  readonly lastSeq: number | undefined;
  /** How long ago it told, in milliseconds. */
  readonly toldMs: number;
  /** Store time of the oldest message read and not committed, microseconds since 1970; undefined = none is in hand. */
  readonly oldestStoredAt: number | undefined;
  /** Microseconds since 1970. */
  readonly now: number;
}

/** A stream is asked every 5 s: after three answers that did not come, what is known of it is history. */
const LONGEST_TOLD_MS = 15_000;

/** Works out the lag from what is known; a stream that ends before what is committed is another one. */
export function lagOf({ committed, connected, lastSeq, now, oldestStoredAt, toldMs }: LagFacts): Lag {
  if (!connected || committed === undefined || lastSeq === undefined || toldMs > LONGEST_TOLD_MS || lastSeq < committed)
    return { messages: Number.NaN, seconds: Number.NaN };
  const messages = lastSeq - committed;
  if (messages === 0) return { messages, seconds: 0 };
  return { messages, seconds: oldestStoredAt === undefined ? Number.NaN : Math.max(0, now - oldestStoredAt) / 1_000_000 };
}

/** Messages whose store times lie this close together, in microseconds, are remembered as one. */
const RESOLUTION = 1_000_000;

/** Messages read and not committed, remembered only as far as the age of the oldest needs it: one entry a second of store time. */
export class WaitingMessages {
  #runs: { storedAt: number; last: number }[] = [];

  /** Store time of the oldest, at most a second early, in microseconds since 1970; undefined = none waits. */
  get oldestStoredAt(): number | undefined {
    return this.#runs[0]?.storedAt;
  }

  read(seq: number, storedAt: number): void {
    const newest = this.#runs.at(-1);
    if (newest && storedAt - newest.storedAt < RESOLUTION) newest.last = seq;
    else this.#runs.push({ storedAt, last: seq });
  }

  /** Everything up to a sequence is committed. */
  committed(seq: number): void {
    const kept = this.#runs.findIndex(({ last }) => last > seq);
    this.#runs = kept === -1 ? [] : this.#runs.slice(kept);
  }

  clear(): void {
    this.#runs = [];
  }
}
