import { fieldSql } from "../../clickhouse/index.ts";
import type { Field, FieldType } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import type { DimensionValue } from "../filter/filter.ts";
import type { Bindings } from "./bindings.ts";

/** Bounds of a number; all that are given must hold. */
export interface NumberBounds {
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
}

/** One value, or a list of them; null = the event lacks the field. */
export type FieldValues = DimensionValue | readonly DimensionValue[];

/** What a field may be: a value, one of several, anything but those, or a number within bounds. See docs/behaviour.md. */
export type FieldCondition = FieldValues | { readonly not: FieldValues } | NumberBounds;

/** A condition that has been checked. */
export interface ResolvedCondition {
  readonly field: Field;
  /** Its SQL, true or false and never null. */
  readonly sql: (bindings: Bindings) => string;
  /** As a person would write it, e.g. "amount >= 10". */
  readonly words: string;
}

/** Values of one condition travel in the address of the request. */
const MOST_VALUES = 500;
const CLICKHOUSE_TYPE = { string: "String", number: "Float64", integer: "Int64", boolean: "Bool" } as const;
const WORDS = { string: "text", number: "a number", integer: "a whole number", boolean: "true or false" } as const;
const BOUNDS = { atLeast: ">=", above: ">", atMost: "<=", below: "<" } as const;

/** Checks a condition on a field. @throws QueryError if a value is of another type than the field, or the condition is none */
export function resolveCondition(field: Field, condition: FieldCondition): ResolvedCondition {
  if (condition === null || typeof condition !== "object") return valuesCondition(field, [condition], false);
  if (isList(condition)) return valuesCondition(field, condition, false);
  if ("not" in condition) return valuesCondition(field, isList(condition.not) ? condition.not : [condition.not], true);
  return boundsCondition(field, condition);
}

function valuesCondition(field: Field, all: readonly DimensionValue[], negated: boolean): ResolvedCondition {
  const { ref, type } = field;
  if (all.length === 0) throw new QueryError(`The condition on "${ref}" names no value.`);
  if (all.length > MOST_VALUES) throw new QueryError(`The condition on "${ref}" names ${all.length} values: ${MOST_VALUES} are the most.`);
  const values = all.filter((value) => value !== null);
  const wrong = values.find((value) => !isOf(type, value));
  if (wrong !== undefined) throw new QueryError(`The condition on "${ref}" must be ${WORDS[type]}, not ${JSON.stringify(wrong)}.`);
  const { expression } = fieldSql(field);
  const sql = (bindings: Bindings): string => {
    const parts = [
      ...(values.length > 0 ? [`ifNull(${expression} IN ${bindings.bind(`Array(${CLICKHOUSE_TYPE[type]})`, values)}, false)`] : []),
      ...(values.length < all.length ? [`isNull(${expression})`] : []),
    ];
    return `${negated ? "NOT " : ""}(${parts.join(" OR ")})`;
  };
  const list = all.map(valueWords).join(", ");
  const words = all.length === 1 ? `${negated ? "!=" : "="} ${list}` : `${negated ? "not in" : "in"} (${list})`;
  return { field, sql, words: `${ref} ${words}` };
}

function boundsCondition(field: Field, bounds: NumberBounds): ResolvedCondition {
  const { ref, type } = field;
  const given = Object.entries(bounds).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const unknown = given.find(([name]) => !Object.hasOwn(BOUNDS, name));
  if (unknown)
    throw new QueryError(`The condition on "${ref}" has ${JSON.stringify(unknown[0])}: there are not, atLeast, above, atMost and below.`);
  if (given.length === 0) throw new QueryError(`The condition on "${ref}" has no bound: write atLeast, above, atMost or below.`);
  if (type !== "number" && type !== "integer")
    throw new QueryError(`The condition on "${ref}" has bounds, and the field is ${WORDS[type]}, not a number.`);
  const wrong = given.find(([, bound]) => !Number.isFinite(bound));
  if (wrong) throw new QueryError(`The bound "${wrong[0]}" of "${ref}" must be a number, not ${JSON.stringify(wrong[1])}.`);
  const { expression } = fieldSql(field);
  const comparisons = given.map(([name, bound]) => ({ sign: BOUNDS[name as keyof typeof BOUNDS], bound }));
  const sql = (bindings: Bindings): string =>
    `(${comparisons.map(({ sign, bound }) => `ifNull(${expression} ${sign} ${bindings.bind("Float64", bound)}, false)`).join(" AND ")})`;
  return { field, sql, words: comparisons.map(({ sign, bound }) => `${ref} ${sign} ${bound}`).join(" and ") };
}

/** Text that could be read as anything else is quoted. */
function valueWords(value: DimensionValue): string {
  return typeof value === "string" && !/^[A-Za-z_][\w./-]*$/.test(value) ? JSON.stringify(value) : String(value);
}

function isList(values: FieldCondition): values is readonly DimensionValue[] {
  return Array.isArray(values);
}

function isOf(type: FieldType, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value) || (typeof value === "string" && /^-?\d{1,18}$/.test(value));
    case "boolean":
      return typeof value === "boolean";
  }
}
