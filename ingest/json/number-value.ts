import type { JsonTape } from "./json-tape.ts";
import { numberText } from "./json-text.ts";

const POINT = 0x2e;
const MINUS = 0x2d;
const ZERO = 0x30;
/** A whole number of so many digits is below 2^53, so that a double holds it. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

/**
 * The double nearest to a number as it was sent. Of up to 15 digits without an exponent it is the digits divided by a power of ten: both are exact, so the one rounding is the
 * right one (W. D. Clinger, How to Read Floating Point Numbers Accurately, 1990), in a tenth of the time that a string of the bytes takes.
 */
export function numberValue(tape: JsonTape, place: number): number {
  const { bytes } = tape;
  const start = tape.start(place);
  const end = tape.end(place);
  if (end - start > EXACT_DIGITS + 1) return Number(numberText(tape, place));
  const isNegative = bytes[start] === MINUS;
  let digits = 0;
  let pointAt = end - 1;
  for (let at = isNegative ? start + 1 : start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === POINT) pointAt = at;
    else if (byte < ZERO || byte > 0x39) return Number(numberText(tape, place));
    else digits = digits * 10 + (byte - ZERO);
  }
  if (digits > Number.MAX_SAFE_INTEGER) return Number(numberText(tape, place));
  const value = digits / (POWERS_OF_TEN[end - 1 - pointAt] ?? 1);
  return isNegative ? -value : value;
}
