import { parseTime } from "../../model/index.ts";
import { spanText, type Span } from "./span.ts";

const ZERO = 0x30;
const SEPARATOR = 0x3a;
const MICROS_A_DAY = 86_400_000_000;
/** Bytes of the date with the "T" behind it. */
const DATE = 11;
const EMPTY = new Uint8Array(0);

/**
 * Reads times as `parseTime` does, in a third of its time: the day of the time before, which is mostly that of this one, is not worked out again, and
 * "hh:mm:ss.mmmZ" behind it is read from the bytes. Anything else is `parseTime`'s.
 */
export class TimeReader {
  #dayBytes: Uint8Array = EMPTY;
  #day = 0;

  /** Microseconds since 1970, or undefined if the text is no RFC 3339 time. */
  read(span: Span): number | undefined {
    const { bytes, end, start } = span;
    if (this.#isSameDay(bytes, start) && end - start <= 27) {
      const micros = timeOfDay(bytes, start + DATE, end);
      if (micros >= 0) return this.#day + micros;
    }
    const time = parseTime(spanText(span));
    if (time !== undefined && time >= 0 && bytes[end - 1] === 0x5a) this.#remember(span, time);
    return time;
  }

  #isSameDay(bytes: Uint8Array, start: number): boolean {
    const day = this.#dayBytes;
    if (day.length === 0) return false;
    for (let index = DATE - 1; index >= 0; index -= 1) if (bytes[start + index] !== day[index]) return false;
    return true;
  }

  #remember({ bytes, start }: Span, time: number): void {
    // A leap second counts to the day after the one that is written.
    const day = Math.floor(time / MICROS_A_DAY) * MICROS_A_DAY;
    const isLeap = bytes[start + 17] === 0x36;
    this.#dayBytes = isLeap ? EMPTY : bytes.slice(start, start + DATE);
    this.#day = day;
  }
}

/** Microseconds of "hh:mm:ssZ" with up to six digits behind a point; -1 if the bytes are anything else. */
function timeOfDay(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end - 1] !== 0x5a || bytes[start + 2] !== SEPARATOR || bytes[start + 5] !== SEPARATOR) return -1;
  const hour = pair(bytes, start);
  const minute = pair(bytes, start + 3);
  const second = pair(bytes, start + 6);
  if (!(hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59)) return -1;
  const micros = fraction(bytes, start + 8, end - 1);
  return micros < 0 ? -1 : ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
}

/** The number of two digits; negative if they are none. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Microseconds from nothing, or from a point and one to six digits; negative if the bytes are anything else. */
function fraction(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  if (bytes[start] !== 0x2e || end - start < 2 || end - start > 7) return -1;
  let micros = 0;
  let scale = 100_000;
  for (let at = start + 1; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    micros += digit * scale;
    scale /= 10;
  }
  return Math.round(micros);
}
