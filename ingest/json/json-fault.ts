import { KIND, type JsonTape } from "./json-tape.ts";
import { keyOf, numberText, textBetween } from "./json-text.ts";
import { oncePerLayout } from "./layouts.ts";

/** Why ClickHouse could not hold a JSON value. */
export type JsonFault = "duplicate-keys" | "number-out-of-range" | "lone-surrogate" | "paths-too-long";

const GREATEST_INTEGER = 18_446_744_073_709_551_615n;
const LEAST_INTEGER = -9_223_372_036_854_775_808n;
/** Digits of the greatest integer, and of the least with its sign. */
const LONGEST_INTEGER = 20;
const POINT = 0x2e;
/** Up to so many members are compared pair by pair, which needs no set of strings. */
const FEW_MEMBERS = 16;

/**
 * A closer look at a value for what RFC 8259 lets through and ClickHouse's JSON type does not hold: a path that stands twice, numbers beyond 64 bits, half a surrogate pair.
 * @param maxPaths bytes of all its paths together: ClickHouse stores each in full, and a key of half a megabyte around 100,000 others makes 50 GB of them
 */
export function jsonFault(tape: JsonTape, place: number, maxPaths: number): JsonFault | undefined {
  if (repeatsAPath(tape, place)) return "duplicate-keys";
  if (pathBytes(tape, place) > maxPaths) return "paths-too-long";
  if (tape.hasWideNumbers && hasNumberOutOfRange(tape, place)) return "number-out-of-range";
  if (tape.hasCodes && hasLoneSurrogate(tape, place)) return "lone-surrogate";
  return undefined;
}

/** Whether an object has a key twice. */
export const hasKeyTwice = oncePerLayout((tape, object) => {
  const end = tape.next(object);
  let members = 0;
  for (let place = object + 1; place < end; place = tape.next(place)) members += 1;
  if (tape.hasEscapes || members > FEW_MEMBERS) return new Set(keysOf(tape, object)).size !== members;
  for (let place = object + 1; place < end; place = tape.next(place)) {
    for (let other = object + 1; other < place; other = tape.next(other)) if (hasSameKey(tape, place, other)) return true;
  }
  return false;
});

function keysOf(tape: JsonTape, object: number): (string | undefined)[] {
  const keys: (string | undefined)[] = [];
  for (let place = object + 1; place < tape.next(object); place = tape.next(place)) keys.push(keyOf(tape, place));
  return keys;
}

function hasSameKey(tape: JsonTape, one: number, other: number): boolean {
  const start = tape.keyStart(one);
  const length = tape.keyEnd(one) - start;
  const otherStart = tape.keyStart(other);
  if (tape.keyEnd(other) - otherStart !== length) return false;
  const { bytes } = tape;
  for (let index = 0; index < length; index += 1) if (bytes[start + index] !== bytes[otherStart + index]) return false;
  return true;
}

/** Whether a path stands twice in the value, at any depth. */
const repeatsAPath = oncePerLayout((tape, root) => {
  const end = tape.next(root);
  let hasPoint = false;
  for (let place = root; place < end; place += 1) {
    if (tape.kind(place) === KIND.object && hasKeyTwice(tape, place)) return true;
    hasPoint ||= place > root && mayHavePoint(tape, place);
  }
  return hasPoint && hasRepeatedPath(tape, root);
});

/** Whether a key has a point, or an escape that may be one. */
function mayHavePoint(tape: JsonTape, place: number): boolean {
  const { bytes } = tape;
  const end = tape.keyEnd(place);
  for (let at = tape.keyStart(place); at < end; at += 1) if (bytes[at] === POINT) return true;
  return tape.hasEscapes && keyOf(tape, place)?.includes(".") === true;
}

/** ClickHouse stores `{"a.b": 1}` and `{"a": {"b": 1}}` under one path: both in one object are a duplicate to it. */
function hasRepeatedPath(tape: JsonTape, root: number): boolean {
  for (let place = root; place < tape.next(root); place += 1) {
    // Objects within objects are walked with the outermost; those within a list are documents of their own.
    const isOutermost = place === root || tape.keyStart(place) < 0;
    if (isOutermost && tape.kind(place) === KIND.object && repeatsPath(tape, place, "", new Set())) return true;
  }
  return false;
}

function repeatsPath(tape: JsonTape, object: number, prefix: string, paths: Set<string>): boolean {
  for (let place = object + 1; place < tape.next(object); place = tape.next(place)) {
    const path = `${prefix}${keyOf(tape, place) ?? ""}`;
    if (tape.kind(place) === KIND.object) {
      if (repeatsPath(tape, place, `${path}.`, paths)) return true;
    } else if (paths.has(path)) return true;
    else paths.add(path);
  }
  return false;
}

const pathBytes = oncePerLayout((tape, value) => bytesOfPaths(tape, value, 0));

/** Bytes of the paths of a value, each with the keys around it. */
function bytesOfPaths(tape: JsonTape, value: number, prefix: number): number {
  let bytes = 0;
  const end = tape.next(value);
  for (let place = value + 1; place < end; place = tape.next(place)) {
    const kind = tape.kind(place);
    const path = prefix + tape.keyEnd(place) - tape.keyStart(place);
    bytes += path;
    if (kind >= KIND.array) bytes += bytesOfPaths(tape, place, kind === KIND.object ? path : 0);
  }
  return bytes;
}

/** ClickHouse reads integers of 64 bits and doubles; a longer integer is no double to it but an error. */
function hasNumberOutOfRange(tape: JsonTape, root: number): boolean {
  for (let place = root; place < tape.next(root); place += 1) {
    const kind = tape.kind(place);
    if (kind === KIND.double && !Number.isFinite(Number(numberText(tape, place)))) return true;
    if (kind === KIND.integer && isTooLongAnInteger(numberText(tape, place))) return true;
  }
  return false;
}

function isTooLongAnInteger(digits: string): boolean {
  if (digits.length < LONGEST_INTEGER - 1) return false;
  return digits.length > LONGEST_INTEGER || BigInt(digits) > GREATEST_INTEGER || BigInt(digits) < LEAST_INTEGER;
}

function hasLoneSurrogate(tape: JsonTape, root: number): boolean {
  for (let place = root; place < tape.next(root); place += 1) {
    if (tape.kind(place) === KIND.string && !textBetween(tape, tape.start(place), tape.end(place)).isWellFormed()) return true;
    if (place > root && keyOf(tape, place)?.isWellFormed() === false) return true;
  }
  return false;
}
