import type { LogMessage } from "../../jetstream/index.ts";
import type { Batch, BatchBuilder } from "../batch/batch-builder.ts";
import type { Clock } from "./clock.ts";

/** The two batches of a lane, which take turns: messages go into one while the other is on its way into ClickHouse. */
export class BatchPair {
  readonly #clock: Clock;
  #filling: BatchBuilder;
  #spare: BatchBuilder;
  /** A message of another month than the batch being filled: the next batch starts with it. */
  #overflow: LogMessage | undefined;
  /** When the batch being filled got its first message, monotonic milliseconds. */
  #filledSince = 0;

  constructor(clock: Clock, makeBuilder: () => BatchBuilder) {
    this.#clock = clock;
    this.#filling = makeBuilder();
    this.#spare = makeBuilder();
  }

  /** The one that messages go into. */
  get filling(): BatchBuilder {
    return this.#filling;
  }

  /** Whether the batch being filled covers no sequence yet. */
  get isEmpty(): boolean {
    return this.#filling.isEmpty;
  }

  /** Whether nothing more may be added before the batch is handed over. */
  get isFull(): boolean {
    return this.#overflow !== undefined || this.#filling.isFull;
  }

  /** Milliseconds since the batch being filled got its first message. */
  get age(): number {
    return this.#clock.now() - this.#filledSince;
  }

  /** Whether all up to a sequence is in this batch or in those before. */
  covers(seq: number): boolean {
    return this.#overflow === undefined && this.#filling.last >= seq;
  }

  /** Adds the next message; not to be called while the pair is full. */
  add(message: LogMessage): void {
    if (this.#filling.isEmpty) this.#filledSince = this.#clock.now();
    if (this.#filling.accepts(message)) this.#filling.add(message);
    else this.#overflow = message;
  }

  /** Lets the batch cover sequences up to `last` that the stream no longer has. */
  extendTo(last: number): void {
    if (this.#overflow || last <= this.#filling.last) return;
    if (this.#filling.isEmpty) this.#filledSince = this.#clock.now();
    this.#filling.extendTo(last);
  }

  /** Hands over the batch that was being filled, valid until the next one is, and goes on with the other. */
  swap(): Batch {
    const full = this.#filling;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#filling.start(full.last + 1);
    const overflow = this.#overflow;
    this.#overflow = undefined;
    if (overflow) this.add(overflow);
    return full.finish();
  }
}
