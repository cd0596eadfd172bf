import type { Span } from "../../ingest/decode/span.ts";

const DIGITS = 9;
const ID = Buffer.from(`order-${"0".repeat(DIGITS)}`);
const LOW_DIGITS = Buffer.from("0123456789");

/** The source of every key. */
export const SOURCE: Span = { bytes: Buffer.from("shop/checkout"), start: 0, end: 13 };

/** The id of key number `n`, up to 999,999,999, as bytes that the next call writes over: as a worker has it, no text is made. */
export function benchId(n: number): Span {
  let rest = n;
  for (let at = ID.length - 1; at >= ID.length - DIGITS; at -= 1) {
    ID[at] = LOW_DIGITS[rest % 10] ?? 0;
    rest = Math.floor(rest / 10);
  }
  return { bytes: ID, start: 0, end: ID.length };
}

/** Microseconds between the store times of two keys. */
export const STEP_MICROS = 8_000;

/** Store time of key number `n`, microseconds since 1970: ten million keys are 22 hours. */
export function benchStoredAt(n: number): number {
  return 1_790_000_000_000_000 + n * STEP_MICROS;
}
