import type { EventDefinition, FieldType } from "../../model/index.ts";
import type { DimensionValue, FieldCondition, Filter } from "../../queries/index.ts";
import { UsageError } from "../errors.ts";
import { fieldType, typedValue } from "./typed-value.ts";

/** The first operator in the text, the longest where two begin alike. */
const CONDITION = /^(.+?)(!=|>=|<=|=|>|<)(.*)$/s;
const BOUNDS = { ">": "gt", ">=": "gte", "<": "lt", "<=": "lte" } as const;

/** The parts of one condition: a field, an operator and a value as it was written. */
interface Condition {
  readonly field: string;
  readonly operator: "=" | "!=" | keyof typeof BOUNDS;
  readonly text: string;
}

/**
 * Reads `--where`: "country=DE" (again for another value: any of them), "country!=DE" (again: none of them), "amount>10", also with >=, < and <=. The value null is
 * "without the field", and "null" in quotation marks the word. Values are typed as their field is; what does not fit stays text, and the query says what it should be.
 * @param events those of the metrics that are asked for
 * @throws UsageError if a text is no condition
 */
export function parseWhere(texts: readonly string[] | undefined, events: readonly EventDefinition[]): Filter {
  const filter: Record<string, { in?: DimensionValue[]; not?: DimensionValue[] } & Omit<FieldCondition, "in" | "not">> = {};
  for (const text of texts ?? []) {
    const { field, operator, text: written } = parseCondition(text);
    const condition = (filter[field] ??= {});
    const value = valueOf(fieldType(events, field), written);
    if (operator === "=") (condition.in ??= []).push(value);
    else if (operator === "!=") (condition.not ??= []).push(value);
    else Object.assign(condition, { [BOUNDS[operator]]: boundOf(condition, operator, value, text) });
  }
  return filter;
}

function parseCondition(text: string): Condition {
  const [, field, operator, value] = CONDITION.exec(text) ?? [];
  if (field === undefined || operator === undefined || value === undefined) {
    throw new UsageError(`--where: "${text}" must be name=value, name!=value, or name>value (>=, <, <=), as in --where country=DE.`);
  }
  return { field: field.trim(), operator: operator as Condition["operator"], text: value };
}

function boundOf(condition: FieldCondition, operator: keyof typeof BOUNDS, value: DimensionValue, text: string): number | string {
  if (condition[BOUNDS[operator]] !== undefined)
    throw new UsageError(`--where: "${text}" is a second bound with ${operator} on that field.`);
  return typeof value === "number" ? value : String(value);
}

/** Quotation marks make a text of what has a meaning of its own. */
function valueOf(type: FieldType | undefined, written: string): DimensionValue {
  if (written === "null") return null;
  return typedValue(type, /^".*"$/s.test(written) ? unquoted(written) : written);
}

function unquoted(written: string): string {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "string" ? value : written;
  } catch {
    return written;
  }
}
