import type { Span } from "../decode/span.ts";
import { murmurHash } from "./murmur-hash.ts";

/** A span longer than this is copied by the runtime; below, a view of the part costs as much as the bytes. */
const SHORT = 128;
/** The length of the source stands in front of it. */
const LENGTH_BYTES = 4;
/** From the end of the bytes to the next multiple of this `murmurHash` wants zeros. */
const PADDING = 16;

/**
 * Hashes the key of an event, its `source` and `id`, to 128 bits. The length of the source stands in front, so that no two keys make the same bytes. Works in a buffer of its own and
 * makes no objects: 0.1 µs for 30 bytes.
 */
export class KeyHash {
  readonly #seed: number;
  #bytes = new Uint8Array(1 << 14);
  #words = new Int32Array(this.#bytes.buffer);
  /** The last hash. */
  readonly words = new Int32Array(4);

  /** @param epoch incarnation of the stream, microseconds since 1970: keys that collide in one do not in the next */
  constructor(epoch: number) {
    this.#seed = (epoch ^ (epoch / 4_294_967_296)) | 0;
  }

  /** Hashes a key into `words`. */
  update(source: Span, id: Span): void {
    const sourceLength = source.end - source.start;
    const length = LENGTH_BYTES + sourceLength + id.end - id.start;
    if (length + PADDING > this.#bytes.length) this.#grow(length + PADDING);
    this.#words[0] = sourceLength;
    this.#copy(source, LENGTH_BYTES);
    this.#copy(id, LENGTH_BYTES + sourceLength);
    for (let at = length; at % PADDING !== 0; at += 1) this.#bytes[at] = 0;
    murmurHash(this.#words, length, this.#seed, this.words);
  }

  #copy({ bytes, end, start }: Span, to: number): void {
    const target = this.#bytes;
    if (end - start > SHORT) target.set(bytes.subarray(start, end), to);
    else for (let index = start; index < end; index += 1) target[to + index - start] = bytes[index] ?? 0;
  }

  #grow(least: number): void {
    this.#bytes = new Uint8Array(Math.ceil((2 * least) / 4) * 4);
    this.#words = new Int32Array(this.#bytes.buffer);
  }
}
