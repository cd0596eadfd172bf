import { randomUUID } from "node:crypto";
import type { LogMessage } from "../../jetstream/index.ts";
import { RowSet } from "../batch/row-set.ts";
import { writeEvent, type LaneIdentity } from "../batch/rows.ts";
import type { ReadyLetter } from "./plan-replay.ts";

/** A dead letter of a replay, and how many rows of `events` come in its place. */
export interface ReplayedLetter {
  readonly seq: number;
  readonly idx: number;
  readonly rows: number;
}

/** Rows of one insert, letter by letter: all of one month of store time, which is one partition, so that one token covers them. */
export class ReplayBatch {
  readonly lane: LaneIdentity;
  readonly events = new RowSet();
  readonly #letters: ReplayedLetter[] = [];
  /** Number of rows up to and with each letter. */
  readonly #ends: number[] = [];
  #month = "";

  constructor(lane: LaneIdentity) {
    this.lane = lane;
  }

  get letters(): readonly ReplayedLetter[] {
    return this.#letters;
  }

  /** Whether a message stored then may join. */
  accepts(storedAt: number): boolean {
    return this.#letters.length === 0 || monthOf(storedAt) === this.#month;
  }

  add(message: LogMessage, { events, idx }: ReadyLetter): void {
    this.#month = monthOf(message.storedAt);
    for (const event of events) {
      writeEvent(this.events.writer, this.lane, message, event);
      this.events.endRow(message.seq, event.idx);
    }
    this.#letters.push({ seq: message.seq, idx, rows: events.length });
    this.#ends.push(this.events.rows);
  }

  /** Bytes of the rows of the letters [from, to). */
  slice(from: number, to: number): Buffer {
    return this.events.slice(this.#ends[from - 1] ?? 0, this.#ends[to - 1] ?? 0);
  }
}

/** First and last sequence of letters, which are in order; 0 if there are none. */
export function rangeOf(letters: readonly ReplayedLetter[]): { readonly first: number; readonly last: number } {
  return { first: letters[0]?.seq ?? 0, last: letters.at(-1)?.seq ?? 0 };
}

/** A token that no other insert has: project/stream/epoch/dead-letters/first-last/id. It is declared, in `dead_letter_resolutions`, before it is used. */
export function replayToken(project: string, { lane, letters }: ReplayBatch): string {
  const { first, last } = rangeOf(letters);
  return `${project}/${lane.stream}/${lane.epoch}/dead-letters/${first}-${last}/${randomUUID().slice(0, 8)}`;
}

/** The month (UTC), as `toYYYYMM` partitions. */
function monthOf(micros: number): string {
  return new Date(micros / 1_000).toISOString().slice(0, 7);
}
