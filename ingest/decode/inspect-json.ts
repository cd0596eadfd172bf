import { DOTTED_KEY, LARGE_NUMBER, numbersIn, SURROGATE } from "./scan-json.ts";

/** Why ClickHouse could not hold a JSON value. */
export type JsonFault = "duplicate-keys" | "number-out-of-range" | "lone-surrogate";

const GREATEST_INTEGER = 18_446_744_073_709_551_615n;
const LEAST_INTEGER = -9_223_372_036_854_775_808n;
/** Digits of the greatest integer, and of the least with its sign. */
const LONGEST_INTEGER = 20;

/**
 * A closer look at a parsed JSON value, for what `JSON.parse` lets through and ClickHouse's JSON type refuses (code 117, for the whole insert).
 * @param keys how many keys its text has; fewer in the value means that one stands twice
 * @param hazards what the scan of its text found
 * @param bytes the value's text
 */
export function jsonFault(value: unknown, keys: number, hazards: number, bytes: Buffer): JsonFault | undefined {
  if (countKeys(value) !== keys) return "duplicate-keys";
  if (hazards === 0) return undefined;
  if ((hazards & LARGE_NUMBER) !== 0 && hasNumberOutOfRange(bytes)) return "number-out-of-range";
  if ((hazards & SURROGATE) !== 0 && hasLoneSurrogate(value)) return "lone-surrogate";
  if ((hazards & DOTTED_KEY) !== 0 && hasRepeatedPath(value)) return "duplicate-keys";
  return undefined;
}

/** Keys at any depth of a value that `JSON.parse` made (which gives even "__proto__" as an ordinary key). */
export function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object") keys += countKeys(item);
    return keys;
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    keys += typeof member === "object" ? 1 + countKeys(member) : 1;
  }
  return keys;
}

/** ClickHouse reads integers of 64 bits and doubles; a longer integer is no double to it but an error. */
function hasNumberOutOfRange(bytes: Buffer): boolean {
  for (const number of numbersIn(bytes)) {
    if (/[.eE]/.test(number) ? !Number.isFinite(Number(number)) : isTooLongAnInteger(number)) return true;
  }
  return false;
}

function isTooLongAnInteger(digits: string): boolean {
  if (digits.length < LONGEST_INTEGER - 1) return false;
  return digits.length > LONGEST_INTEGER || BigInt(digits) > GREATEST_INTEGER || BigInt(digits) < LEAST_INTEGER;
}

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === "string") return !value.isWellFormed();
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, member]) => !key.isWellFormed() || hasLoneSurrogate(member));
}

/** ClickHouse stores `{"a.b": 1}` and `{"a": {"b": 1}}` under one path: both in one event are a duplicate to it. */
function hasRepeatedPath(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasRepeatedPath);
  if (typeof value !== "object" || value === null) return false;
  const paths = new Set<string>();
  const walk = (node: object, prefix: string): boolean =>
    Object.entries(node).some(([key, member]) => {
      const path = prefix + key;
      if (typeof member === "object" && member !== null && !Array.isArray(member)) return walk(member as object, `${path}.`);
      if (paths.has(path)) return true;
      paths.add(path);
      return Array.isArray(member) && hasRepeatedPath(member);
    });
  return walk(value, "");
}
