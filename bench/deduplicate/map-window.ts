import { spanText, type Span } from "../../ingest/decode/span.ts";

/** The plain way to do it: a `Map` from key to time. It keeps keys in the order in which they were set, so that the oldest are its first. */
export class MapWindow {
  readonly #withinMs: number;
  readonly #times = new Map<string, number>();
  /** One walk over the keys for all of the window's life: a new one would step over all the deleted ones first. */
  readonly #walk = this.#times.entries();
  #oldest: [string, number] | undefined;

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  get size(): number {
    return this.#times.size;
  }

  accept(source: Span, id: Span, storedAt: number): boolean {
    const ms = Math.floor(storedAt / 1_000);
    const key = `${spanText(source)}\0${spanText(id)}`;
    const time = this.#times.get(key);
    if (time !== undefined && ms - time < this.#withinMs) return false;
    this.#times.set(key, ms);
    this.#oldest ??= this.#walk.next().value;
    while (this.#oldest && ms - this.#oldest[1] >= this.#withinMs) {
      this.#times.delete(this.#oldest[0]);
      this.#oldest = this.#walk.next().value;
    }
    return true;
  }
}
