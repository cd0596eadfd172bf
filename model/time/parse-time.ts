const ZERO = 48;
const NINE = 57;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads an RFC 3339 time ("2026-11-27T09:30:00.123456Z", any offset) as microseconds since 1970; further digits are cut. A leap second (":60") is the
 * second after it, as in POSIX time. By hand, because `Date.parse` takes five times as long (0.5 µs), cuts microseconds and accepts what is no RFC 3339.
 * @returns undefined if the text is no such time; see `isTimeInRange` for the range
 */
export function parseTime(text: string): number | undefined {
  if (text.length < 20) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const separators = text[4] === "-" && text[7] === "-" && (text[10] === "T" || text[10] === "t") && text[13] === ":" && text[16] === ":";
  if (!separators || !(hour <= 23 && minute <= 59 && second <= 60) || !isDate(year, month, day)) return undefined;
  let at = 19;
  let micros = 0;
  if (text[19] === ".") {
    let scale = 100_000;
    for (at = 20; isDigit(text.charCodeAt(at)); at += 1) {
      micros += scale >= 1 ? (text.charCodeAt(at) - ZERO) * scale : 0;
      scale /= 10;
    }
    if (at === 20) return undefined;
  }
  const offset = offsetMinutes(text, at);
  if (offset === undefined) return undefined;
  const minutes = (daysFromCivil(year, month, day) * 24 + hour) * 60 + minute - offset;
  return (minutes * 60 + second) * 1_000_000 + Math.floor(micros);
}

/** Minutes east of UTC, from "Z" or "+hh:mm" at the end of the text. */
function offsetMinutes(text: string, at: number): number | undefined {
  const sign = text[at];
  if (sign === "Z" || sign === "z") return text.length === at + 1 ? 0 : undefined;
  if ((sign !== "+" && sign !== "-") || text.length !== at + 6 || text[at + 3] !== ":") return undefined;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  if (!(hours <= 23 && minutes <= 59)) return undefined;
  return (sign === "-" ? -1 : 1) * (hours * 60 + minutes);
}

/** The number that `count` digits make, or NaN. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) {
    const code = text.charCodeAt(index);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + code - ZERO;
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isDate(year: number, month: number, day: number): boolean {
  const most = DAYS_IN_MONTH[month - 1];
  if (most === undefined || !(year >= 0 && day >= 1 && day <= most)) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month !== 2 || day <= 28 || leap;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
