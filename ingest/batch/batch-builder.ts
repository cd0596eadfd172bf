import type { LogMessage } from "../../jetstream/index.ts";
import type { DecodeMessage } from "../decode/decode-message.ts";
import type { KeyWindow } from "../deduplicate/key-window.ts";
import { isRefusal } from "../decode/outcome.ts";
import { MessageDigest } from "./digest.ts";
import { RowSet } from "./row-set.ts";
import { addDeadLetter, writeEvent, type LaneIdentity } from "./rows.ts";

/** When a batch is full. */
export interface BatchLimits {
  readonly rows: number;
  /** Bytes of payload. */
  readonly bytes: number;
}

/** A contiguous range of a lane on its way into ClickHouse, and what is known of it. */
export interface Batch {
  readonly lane: LaneIdentity;
  /** The range, both ends included. */
  readonly first: number;
  readonly last: number;
  readonly events: RowSet;
  readonly deadLetters: RowSet;
  /** Messages read in the range. */
  readonly received: number;
  /** Of these, messages with at least one row in `events`, and messages without, but with dead letters. */
  readonly inserted: number;
  readonly deadLettered: number;
  /** Sequences of the messages that held nothing but duplicates. */
  readonly duplicates: readonly number[];
  /** Events left out as duplicates, in these messages and beside other events. */
  readonly duplicateEvents: number;
  readonly bytes: number;
  /** Store time of the first and last message, microseconds since 1970; 0 if none was read. */
  readonly storedFrom: number;
  readonly storedTo: number;
  readonly digest: string;
  /** Dead letters by reason. */
  readonly reasons: Map<string, number>;
}

/** Fills one batch after the other, in the same buffers. */
export class BatchBuilder {
  readonly #lane: LaneIdentity;
  readonly #decode: DecodeMessage;
  readonly #limits: BatchLimits;
  readonly #code: string;
  readonly #window: KeyWindow | undefined;
  readonly #events = new RowSet();
  readonly #deadLetters = new RowSet();
  #digest = new MessageDigest();
  #reasons = new Map<string, number>();
  #first = 0;
  #last = 0;
  #received = 0;
  #inserted = 0;
  #duplicates: number[] = [];
  #duplicateEvents = 0;
  #bytes = 0;
  #storedFrom = 0;
  #storedTo = 0;

  /**
   * @param code fingerprint of the config, noted in dead letters
   * @param window what the events of the lane go through, in order; without it none is a duplicate
   */
  constructor(lane: LaneIdentity, decode: DecodeMessage, limits: BatchLimits, code: string, window?: KeyWindow) {
    this.#lane = lane;
    this.#decode = decode;
    this.#limits = limits;
    this.#code = code;
    this.#window = window;
  }

  /** Starts an empty batch. @param first sequence after the batch before */
  start(first: number): void {
    this.#events.clear();
    this.#deadLetters.clear();
    this.#digest = new MessageDigest();
    this.#reasons = new Map();
    this.#first = first;
    this.#last = first - 1;
    this.#received = 0;
    this.#inserted = 0;
    this.#duplicates = [];
    this.#duplicateEvents = 0;
    this.#bytes = 0;
    this.#storedFrom = 0;
    this.#storedTo = 0;
  }

  /** Whether the batch covers no sequence yet. */
  get isEmpty(): boolean {
    return this.#last < this.#first;
  }

  get isFull(): boolean {
    return this.#events.rows + this.#deadLetters.rows >= this.#limits.rows || this.#bytes >= this.#limits.bytes;
  }

  /** Last sequence covered. */
  get last(): number {
    return this.#last;
  }

  /** Whether a message may join: a batch lies in one partition, which is a month (UTC) of store time. */
  accepts(message: LogMessage): boolean {
    return this.#storedFrom === 0 || monthOf(message.storedAt) === monthOf(this.#storedFrom);
  }

  /** Decodes a message and adds what it holds. */
  add(message: LogMessage): void {
    if (this.#received === 0) this.#storedFrom = message.storedAt;
    this.#storedTo = message.storedAt;
    this.#last = message.seq;
    this.#received += 1;
    this.#bytes += message.payload.length;
    this.#digest.add(message);
    let isInserted = false;
    let isDeadLetter = false;
    for (const outcome of this.#decode(message)) {
      if (isRefusal(outcome)) {
        addDeadLetter(this.#deadLetters, this.#lane, message, outcome, this.#code);
        this.#reasons.set(outcome.reason, (this.#reasons.get(outcome.reason) ?? 0) + 1);
        isDeadLetter = true;
      } else if (this.#window?.accept(outcome.source, outcome.id, message.storedAt) === false) {
        this.#duplicateEvents += 1;
      } else {
        writeEvent(this.#events.writer, this.#lane, message, outcome);
        this.#events.endRow(message.seq, outcome.idx);
        isInserted = true;
      }
    }
    if (isInserted) this.#inserted += 1;
    else if (!isDeadLetter) this.#duplicates.push(message.seq);
  }

  /** Lets the batch cover sequences up to `last` that the stream no longer has. */
  extendTo(last: number): void {
    this.#last = Math.max(this.#last, last);
  }

  /** The finished batch; its rows are valid until the next `start`. */
  finish(): Batch {
    return {
      lane: this.#lane,
      first: this.#first,
      last: this.#last,
      events: this.#events,
      deadLetters: this.#deadLetters,
      received: this.#received,
      inserted: this.#inserted,
      deadLettered: this.#received - this.#inserted - this.#duplicates.length,
      duplicates: this.#duplicates,
      duplicateEvents: this.#duplicateEvents,
      bytes: this.#bytes,
      storedFrom: this.#storedFrom,
      storedTo: this.#storedTo,
      digest: this.#digest.finish(),
      reasons: this.#reasons,
    };
  }
}

/** Number of the month (UTC), as `toYYYYMM` partitions. Called for each message: the last answer's limits make it two comparisons. */
function monthOf(micros: number): number {
  if (micros >= cachedFrom && micros < cachedTo) return cachedMonth;
  const date = new Date(micros / 1_000);
  cachedMonth = date.getUTCFullYear() * 12 + date.getUTCMonth();
  cachedFrom = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) * 1_000;
  cachedTo = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) * 1_000;
  return cachedMonth;
}

let cachedMonth = 0;
let cachedFrom = 0;
let cachedTo = 0;
