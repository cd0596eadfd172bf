import type { Span } from "../decode/span.ts";
import { KeyHash } from "./key-hash.ts";

/** Words of an entry: 96 bits of hash, time, number of the entry before it in its chain. */
const WORDS = 5;
const TIME = 3;
const BEFORE = 4;
const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;
/** Chunks that the 2^32 numbers of entries make. */
const CHUNKS = 1 << (32 - CHUNK_BITS);
const NONE = new Int32Array(0);
const FIRST_CHAINS = 1 << 12;

/** How far store time may go back, in milliseconds (a NATS cluster whose new leader has another clock), before what lies on the two sides is no longer compared. */
export const SLACK_MS = 60_000;

/**
 * The keys of the events that were accepted lately, to tell which event is a duplicate: one whose key was accepted less than `within` before it, by store time in whole
 * milliseconds. What it holds follows from the accepted events alone, in their order; duplicates leave no trace.
 *
 * Entries are numbered in order and lie in chunks of typed arrays, oldest first; chains of entries with the same low bits of the hash lead from the newest to the older ones. An
 * entry that expires is not unlinked: its number is below those that live, and ends every chain that comes to it. So nothing is deleted but whole chunks, and a look at a key that is
 * not there touches one chain (at most one entry on average). 20 bytes an entry and 4 to 8 a key for the chains' heads, which are doubled; chunks are not copied.
 *
 * Of the 128 bits of the hash 96 are kept: among ten million keys, an event is taken for a duplicate and is none with a probability of 10^7 / 2^96, which is 1.3 in 10^22.
 */
export class KeyWindow {
  readonly #withinMs: number;
  readonly #hash: KeyHash;
  readonly #chunks = Array<Int32Array | undefined>(CHUNKS).fill(undefined);
  #spare: Int32Array | undefined;
  #chunksHeld = 0;
  /** Number of the newest entry of each chain. */
  #heads = new Int32Array(FIRST_CHAINS);
  /** Number of the next entry, modulo 2^32. */
  #next = 1;
  #size = 0;
  /** Greatest store time of the entries, milliseconds since 1970. Entries hold theirs modulo 2^32, 49.7 days, which is more than a window may last. */
  #now = 0;

  /** @param epoch incarnation of the stream, microseconds since 1970 */
  constructor(withinMs: number, epoch: number) {
    this.#withinMs = withinMs;
    this.#hash = new KeyHash(epoch);
  }

  /** Keys held. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    const chunks = this.#chunksHeld + (this.#spare ? 1 : 0);
    return chunks * CHUNK * WORDS * 4 + this.#heads.byteLength + CHUNKS * 8;
  }

  get withinMs(): number {
    return this.#withinMs;
  }

  /**
   * Takes an event in unless it is a duplicate.
   * @param storedAt microseconds since 1970
   * @returns whether it was accepted
   */
  accept(source: Span, id: Span, storedAt: number): boolean {
    const ms = this.#enter(source, id, storedAt);
    if (this.#holds(ms)) return false;
    this.#push(ms);
    return true;
  }

  /** Takes in an event that was accepted before, as the tables say. */
  remember(source: Span, id: Span, storedAt: number): void {
    this.#push(this.#enter(source, id, storedAt));
  }

  /** Forgets everything. */
  clear(): void {
    while (this.#size > 0) this.#dropOldest();
    this.#now = 0;
  }

  /** @returns the event's time in milliseconds; its key's hash is in `#hash.words` */
  #enter(source: Span, id: Span, storedAt: number): number {
    const ms = Math.floor(storedAt / 1_000);
    if (ms < this.#now - SLACK_MS) this.clear();
    this.#hash.update(source, id);
    return ms;
  }

  /** Whether the hashed key was accepted less than `within` before a time. The newest entry of a key decides: the older ones are older by `within` at least. */
  #holds(ms: number): boolean {
    const { words } = this.#hash;
    const one = words[0] ?? 0;
    const two = words[1] ?? 0;
    const three = words[2] ?? 0;
    for (let number = this.#heads[one & (this.#heads.length - 1)] ?? 0; this.#isLive(number);) {
      const chunk = this.#chunks[number >>> CHUNK_BITS] ?? NONE;
      const at = (number & (CHUNK - 1)) * WORDS;
      if (chunk[at] === one && chunk[at + 1] === two && chunk[at + 2] === three) {
        return ((this.#now - (chunk[at + TIME] ?? 0)) >>> 0) + ms - this.#now < this.#withinMs;
      }
      number = chunk[at + BEFORE] ?? 0;
    }
    return false;
  }

  #isLive(number: number): boolean {
    const age = (this.#next - number) >>> 0;
    return age > 0 && age <= this.#size;
  }

  #push(ms: number): void {
    this.#expire(ms);
    this.#now = Math.max(this.#now, ms);
    if (this.#size === this.#heads.length) this.#lengthen();
    const number = this.#next;
    let chunk = this.#chunks[number >>> CHUNK_BITS];
    if (!chunk) {
      chunk = this.#spare ?? new Int32Array(CHUNK * WORDS);
      this.#spare = undefined;
      this.#chunks[number >>> CHUNK_BITS] = chunk;
      this.#chunksHeld += 1;
    }
    const at = (number & (CHUNK - 1)) * WORDS;
    const { words } = this.#hash;
    chunk[at] = words[0] ?? 0;
    chunk[at + 1] = words[1] ?? 0;
    chunk[at + 2] = words[2] ?? 0;
    chunk[at + TIME] = ms;
    const chain = (words[0] ?? 0) & (this.#heads.length - 1);
    chunk[at + BEFORE] = this.#heads[chain] ?? 0;
    this.#heads[chain] = number;
    this.#next = (number + 1) >>> 0;
    this.#size += 1;
  }

  /** Drops what no event can be a duplicate of that is stored at a time or later, or earlier by the slack. */
  #expire(ms: number): void {
    const most = this.#withinMs + SLACK_MS - Math.max(0, ms - this.#now);
    while (this.#size > 0) {
      const oldest = (this.#next - this.#size) >>> 0;
      const time = this.#chunks[oldest >>> CHUNK_BITS]?.[(oldest & (CHUNK - 1)) * WORDS + TIME] ?? 0;
      if ((this.#now - time) >>> 0 < most) return;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    const oldest = (this.#next - this.#size) >>> 0;
    this.#size -= 1;
    const isLastOfChunk = (oldest & (CHUNK - 1)) === CHUNK - 1;
    if (!isLastOfChunk) return;
    this.#spare = this.#chunks[oldest >>> CHUNK_BITS];
    this.#chunks[oldest >>> CHUNK_BITS] = undefined;
    this.#chunksHeld -= 1;
  }

  /** Doubles the heads and links every entry anew, the oldest first. */
  #lengthen(): void {
    const heads = new Int32Array(this.#heads.length * 2);
    for (let left = this.#size; left > 0; left -= 1) {
      const number = (this.#next - left) >>> 0;
      const chunk = this.#chunks[number >>> CHUNK_BITS] ?? NONE;
      const at = (number & (CHUNK - 1)) * WORDS;
      const chain = (chunk[at] ?? 0) & (heads.length - 1);
      chunk[at + BEFORE] = heads[chain] ?? 0;
      heads[chain] = number;
    }
    this.#heads = heads;
  }
}
