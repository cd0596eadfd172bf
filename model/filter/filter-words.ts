import type { Field } from "../field.ts";
import type { Condition } from "./filter-conditions.ts";
import type { DimensionValue } from "./filter.ts";

const SIGNS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/** A filter's conditions on a field as a person would write them, e.g. "amount >= 10 and amount < 20", "country in (DE, null)". */
export function filterWords({ ref }: Field, conditions: readonly Condition[]): string {
  return conditions.map((condition) => `${ref} ${conditionWords(condition)}`).join(" and ");
}

function conditionWords(condition: Condition): string {
  if ("bound" in condition) return `${SIGNS[condition.kind]} ${condition.bound}`;
  const { kind, named } = condition;
  const list = named.map(valueWords).join(", ");
  if (named.length === 1) return `${kind === "in" ? "=" : "!="} ${list}`;
  return `${kind === "in" ? "in" : "not in"} (${list})`;
}

/** Text that could be read as anything else is quoted. */
function valueWords(value: DimensionValue): string {
  return typeof value === "string" && (value === "null" || !/^[A-Za-z_][\w./-]*$/.test(value)) ? JSON.stringify(value) : String(value);
}
