import type { Bound, Condition, FieldType } from "../../model/index.ts";
import type { Bindings } from "../bindings.ts";
import type { ResolvedFilter } from "./resolve-filter.ts";

const TYPES = { string: "String", number: "Float64", integer: "Int64", boolean: "Bool" } as const;
const OPERATORS: Readonly<Record<Bound, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=" };

/**
 * The condition of a filter over an SQL expression of its field; true or not, for an event without the field too.
 * @param expression the field, nullable or not
 */
export function filterSql({ field, conditions }: ResolvedFilter, expression: string, bindings: Bindings): string {
  return `(${conditions.map((condition) => conditionSql(condition, field.type, expression, bindings)).join(" AND ")})`;
}

function conditionSql(condition: Condition, type: FieldType, expression: string, bindings: Bindings): string {
  if ("values" in condition) return setSql(condition, type, expression, bindings);
  // A bound with a fraction on whole numbers: ClickHouse compares the two types exactly.
  const boundType = type === "integer" && !isFraction(condition.bound) ? TYPES.integer : TYPES.number;
  return `ifNull(${expression} ${OPERATORS[condition.kind]} ${bindings.bind(boundType, condition.bound)}, false)`;
}

function setSql(
  { kind, values, withNull }: Extract<Condition, { readonly values: unknown }>,
  type: FieldType,
  expression: string,
  bindings: Bindings,
): string {
  const member = values.length > 0 ? [`ifNull(${expression} IN ${bindings.bind(`Array(${TYPES[type]})`, values)}, false)`] : [];
  const missing = withNull ? [`${expression} IS NULL`] : [];
  const inside = `(${[...member, ...missing].join(" OR ")})`;
  return kind === "in" ? inside : `NOT ${inside}`;
}

function isFraction(bound: number | string): boolean {
  return typeof bound === "number" && !Number.isSafeInteger(bound);
}
