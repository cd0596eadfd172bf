import { FIELD_WORDS } from "../field-words.ts";
import type { Field, FieldType } from "../field.ts";
import type { DimensionValue, FieldCondition, FieldFilter } from "./filter.ts";

/** A set that a value must be in (or not), or a bound; every value is of the field's type. */
export type Condition =
  | {
      readonly kind: "in" | "not";
      /** What was named, null included. */
      readonly named: readonly DimensionValue[];
      readonly values: readonly Exclude<DimensionValue, null>[];
      /** Whether the set holds "no such field". */
      readonly withNull: boolean;
    }
  | { readonly kind: Bound; readonly bound: number | string };

/** Bounds by their name in a filter. */
export type Bound = "gt" | "gte" | "lt" | "lte";

/** Why a filter is none, as a sentence without its full stop. */
interface Refusal {
  readonly problem: string;
}

/** Values of one filter travel in the address of the request. */
const MOST_VALUES = 500;
const KEYS = ["in", "not", "gt", "gte", "lt", "lte"] as const;

/** What a filter says of one field, checked: or what is wrong with it. */
export function filterConditions(field: Field, wanted: FieldFilter): readonly Condition[] | Refusal {
  const condition = isCondition(wanted) ? wanted : { in: wanted };
  const keys = Object.keys(condition);
  const known = keys.filter(isKey).filter((key) => condition[key] !== undefined);
  const unknown = keys.find((key) => !isKey(key));
  if (unknown !== undefined || known.length === 0) {
    const found = unknown === undefined ? "says nothing" : `says ${JSON.stringify(unknown)}`;
    return { problem: `The filter on "${field.ref}" ${found}: write a value, a list of values, or some of ${KEYS.join(", ")}` };
  }
  const conditions = known.map((kind) =>
    kind === "in" || kind === "not" ? setOf(field, kind, condition[kind] ?? null) : boundOf(field, kind, condition[kind]),
  );
  return conditions.find((one) => "problem" in one) ?? conditions.filter((one): one is Condition => !("problem" in one));
}

function isCondition(wanted: FieldFilter): wanted is FieldCondition {
  return typeof wanted === "object" && wanted !== null && !isList(wanted);
}

function isList(wanted: unknown): wanted is readonly DimensionValue[] {
  return Array.isArray(wanted);
}

function isKey(text: string): text is (typeof KEYS)[number] {
  return KEYS.some((key) => key === text);
}

function setOf({ ref, type }: Field, kind: "in" | "not", wanted: DimensionValue | readonly DimensionValue[]): Condition | Refusal {
  const named = isList(wanted) ? wanted : [wanted];
  if (named.length === 0) return { problem: `The filter on "${ref}" names no value` };
  if (named.length > MOST_VALUES) return { problem: `The filter on "${ref}" names ${named.length} values: ${MOST_VALUES} are the most` };
  const values = named.filter((value) => value !== null);
  const wrong = values.find((value) => !isOf(type, value));
  if (wrong !== undefined) return { problem: `The filter on "${ref}" must be ${FIELD_WORDS[type]}, not ${shown(wrong)}` };
  return { kind, named, values, withNull: values.length < named.length };
}

function boundOf({ ref, type }: Field, kind: Bound, bound: number | string | undefined): Condition | Refusal {
  if (type === "string" || type === "boolean") {
    return { problem: `The filter on "${ref}" compares sizes, and "${ref}" is ${FIELD_WORDS[type]}: only numbers have bounds` };
  }
  const fits = typeof bound === "number" ? Number.isFinite(bound) : type === "integer" && isOf("integer", bound);
  if (!fits || bound === undefined) return { problem: `The filter on "${ref}" must be ${FIELD_WORDS.number}, not ${shown(bound)}` };
  return { kind, bound };
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function isOf(type: FieldType, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value) || (typeof value === "string" && isInt64(value));
    case "boolean":
      return typeof value === "boolean";
    default:
      return false;
  }
}

/** What is beyond 64 bits would wrap, or break the query. */
function isInt64(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
