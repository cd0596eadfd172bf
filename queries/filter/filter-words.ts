import type { DimensionValue } from "./filter.ts";
import type { Condition, ResolvedFilter } from "./resolve-filter.ts";

const SIGNS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/** A filter as a person would write it, e.g. "amount >= 10 and amount < 20", "country in (DE, null)". */
export function filterWords({ field, conditions }: ResolvedFilter): string {
  return conditions.map((condition) => `${field.ref} ${conditionWords(condition)}`).join(" and ");
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
