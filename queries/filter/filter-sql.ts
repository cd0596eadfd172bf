import type { FieldType } from "../../model/index.ts";
import type { BoundSql } from "../bound-sql.ts";
import type { Bound, Condition, ResolvedFilter } from "./resolve-filter.ts";

const TYPES = { string: "String", number: "Float64", integer: "Int64", boolean: "Bool" } as const;
const OPERATORS: Readonly<Record<Bound, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=" };

/**
 * The condition of a filter over an SQL expression of its field; true or not, for an event without the field too.
 * @param expression the field, nullable or not
 * @param name begins the names of the bound values
 */
export function filterSql({ field, conditions }: ResolvedFilter, expression: string, name: string): BoundSql {
  const parts = conditions.map((condition, index) => conditionSql(condition, field.type, expression, `${name}_${index}`));
  return { sql: `(${parts.map(({ sql }) => sql).join(" AND ")})`, params: Object.assign({}, ...parts.map(({ params }) => params)) };
}

function conditionSql(condition: Condition, type: FieldType, expression: string, name: string): BoundSql {
  if ("values" in condition) return setSql(condition, type, expression, name);
  // A bound with a fraction on whole numbers: ClickHouse compares the two types exactly.
  const boundType = type === "integer" && !isFraction(condition.bound) ? TYPES.integer : TYPES.number;
  return {
    sql: `ifNull(${expression} ${OPERATORS[condition.kind]} {${name}:${boundType}}, false)`,
    params: { [name]: condition.bound },
  };
}

function setSql(
  { kind, values, withNull }: Extract<Condition, { readonly values: unknown }>,
  type: FieldType,
  expression: string,
  name: string,
): BoundSql {
  const member = values.length > 0 ? [`ifNull(${expression} IN {${name}:Array(${TYPES[type]})}, false)`] : [];
  const missing = withNull ? [`${expression} IS NULL`] : [];
  const inside = `(${[...member, ...missing].join(" OR ")})`;
  return { sql: kind === "in" ? inside : `NOT ${inside}`, params: values.length > 0 ? { [name]: values } : {} };
}

function isFraction(bound: number | string): boolean {
  return typeof bound === "number" && !Number.isSafeInteger(bound);
}
