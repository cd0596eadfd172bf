const FIRST_CAPACITY = 1 << 20;
/** Longest text that is tried as ASCII; its length fits one byte of a varint. */
const SHORT = 64;
const SHORT_SPAN = 128;

/**
 * Writes rows in ClickHouse's RowBinary format into one growing buffer, which is used again for the next batch.
 *
 * RowBinary rather than Arrow: a batch is halved by cutting its bytes between rows, a row is written in one pass without a builder a column, the server reads it in
 * 0.48 against 0.63 µs a row, and its reader obeys the settings that keep text from being guessed to be dates, which the Arrow reader of 26.7 does not.
 * Source: https://clickhouse.com/docs/interfaces/formats/RowBinary
 */
export class RowBinaryWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param capacity bytes it holds before it grows */
  constructor(capacity = FIRST_CAPACITY) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** The bytes between two positions: a view, valid until the next `clear`. */
  slice(start: number, end: number): Buffer {
    return this.#buffer.subarray(start, end);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Bytes as they are, e.g. columns encoded before. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  uint16(value: number): void {
    this.#reserve(2);
    const at = this.#length;
    this.#buffer[at] = value;
    this.#buffer[at + 1] = value >>> 8;
    this.#length = at + 2;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#word(value);
  }

  /** UInt64, or the Int64 behind DateTime64, from a whole number of 0 to 2^53: two 32-bit words, no BigInt (which costs 0.1 µs). */
  uint64(value: number): void {
    this.#reserve(8);
    // The bit operator takes a number modulo 2^32, however large it is.
    this.#word(value | 0);
    this.#word((value / 4_294_967_296) | 0);
  }

  /** Int64 from a whole number of -2^53 to 2^53. */
  int64(value: number): void {
    this.#reserve(8);
    this.#word(value | 0);
    this.#word(Math.floor(value / 4_294_967_296) | 0);
  }

  /** Int64 or UInt64, by its 64 bits. */
  wideInteger(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  /** String from the bytes [start, end) of a buffer. Byte by byte up to 128: a copy by the runtime needs a view of the part, which costs as much. */
  span(bytes: Uint8Array, start: number, end: number): void {
    this.varint(end - start);
    this.part(bytes, start, end);
  }

  /** The bytes [start, end) of a buffer as they are. */
  part(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    const buffer = this.#buffer;
    const at = this.#length;
    if (length > SHORT_SPAN) buffer.set(bytes.subarray(start, end), at);
    else for (let index = 0; index < length; index += 1) buffer[at + index] = bytes[start + index] ?? 0;
    this.#length = at + length;
  }

  /** String: its length in bytes as a varint, then UTF-8. */
  string(value: string): void {
    if (value.length <= SHORT && this.#asciiString(value)) return;
    this.varint(Buffer.byteLength(value));
    this.#reserve(value.length * 3);
    this.#length += this.#buffer.write(value, this.#length, "utf8");
  }

  /** String from bytes. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      this.#buffer[this.#length] = (rest % 128) + 128;
      this.#length += 1;
    }
    this.#buffer[this.#length] = rest;
    this.#length += 1;
  }

  /** Writes a short text if it is ASCII: character by character takes 0.03 µs for 20 of them, a call of `write` 0.1 µs. */
  #asciiString(value: string): boolean {
    const { length } = value;
    this.#reserve(length + 1);
    const buffer = this.#buffer;
    const start = this.#length + 1;
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      buffer[start + index] = code;
    }
    buffer[start - 1] = length;
    this.#length = start + length;
    return true;
  }

  /** The low 32 bits of a number, where room is reserved. Stores keep the low byte of each. */
  #word(value: number): void {
    const buffer = this.#buffer;
    const at = this.#length;
    buffer[at] = value;
    buffer[at + 1] = value >>> 8;
    buffer[at + 2] = value >>> 16;
    buffer[at + 3] = value >>> 24;
    this.#length = at + 4;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
