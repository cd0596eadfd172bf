import type { EventDefinition, Field, FieldType } from "../../model/index.ts";
import { FIELD_WORDS } from "../field-words.ts";
import { findField } from "../find-field.ts";
import { QueryError } from "../query-error.ts";
import type { DimensionValue, FieldCondition, Filter } from "./filter.ts";

/** A filter's conditions on one field, checked: every value is of the field's type. */
export interface ResolvedFilter {
  readonly field: Field;
  readonly conditions: readonly Condition[];
}

/** A set that the value must be in (or not), or a bound. */
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

/** Bounds by their name in a request. */
export type Bound = "gt" | "gte" | "lt" | "lte";

/** Values of one filter travel in the address of the request. */
const MOST_VALUES = 500;
const KEYS = ["in", "not", "gt", "gte", "lt", "lte"] as const;

/**
 * Checks a filter against the event that it is for.
 * @throws QueryError, one sentence, if the event lacks a field or a value is of another type than its field
 */
export function resolveFilter(event: EventDefinition, filter: Filter): ResolvedFilter[] {
  return Object.entries(filter).map(([ref, wanted]) => {
    const field = findField(event, ref);
    const condition = isCondition(wanted) ? wanted : { in: wanted };
    return { field, conditions: conditionsOf(field, condition) };
  });
}

function isCondition(wanted: Filter[string]): wanted is FieldCondition {
  return typeof wanted === "object" && wanted !== null && !isList(wanted);
}

function isList(wanted: unknown): wanted is readonly DimensionValue[] {
  return Array.isArray(wanted);
}

function conditionsOf(field: Field, condition: FieldCondition): Condition[] {
  const keys = Object.keys(condition);
  const known = keys.filter(isKey).filter((key) => condition[key] !== undefined);
  const unknown = keys.find((key) => !isKey(key));
  if (unknown !== undefined || known.length === 0) {
    const found = unknown === undefined ? "says nothing" : `says ${JSON.stringify(unknown)}`;
    throw new QueryError(`The filter on "${field.ref}" ${found}: write a value, a list of values, or some of ${KEYS.join(", ")}.`);
  }
  return known.map((kind) => {
    if (kind === "in" || kind === "not") return setOf(field, kind, condition[kind] ?? null);
    return { kind, bound: boundOf(field, condition[kind]) };
  });
}

function isKey(text: string): text is (typeof KEYS)[number] {
  return KEYS.some((key) => key === text);
}

function setOf({ ref, type }: Field, kind: "in" | "not", wanted: DimensionValue | readonly DimensionValue[]): Condition {
  const named = isList(wanted) ? wanted : [wanted];
  if (named.length === 0) throw new QueryError(`The filter on "${ref}" names no value.`);
  if (named.length > MOST_VALUES) throw new QueryError(`The filter on "${ref}" names ${named.length} values: ${MOST_VALUES} are the most.`);
  const values = named.filter((value) => value !== null);
  const wrong = values.find((value) => !isOf(type, value));
  if (wrong !== undefined) throw new QueryError(`The filter on "${ref}" must be ${FIELD_WORDS[type]}, not ${shown(wrong)}.`);
  return { kind, named, values, withNull: values.length < named.length };
}

function boundOf({ ref, type }: Field, bound: number | string | undefined): number | string {
  if (type === "string" || type === "boolean") {
    throw new QueryError(`The filter on "${ref}" compares sizes, and "${ref}" is ${FIELD_WORDS[type]}: only numbers have bounds.`);
  }
  const fits = typeof bound === "number" ? Number.isFinite(bound) : type === "integer" && isOf("integer", bound);
  if (!fits || bound === undefined) throw new QueryError(`The filter on "${ref}" must be ${FIELD_WORDS.number}, not ${shown(bound)}.`);
  return bound;
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
