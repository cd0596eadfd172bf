import type { DimensionColumn } from "../../clickhouse/index.ts";
import { resolveField, type FieldType, type Metric } from "../../model/index.ts";
import { nearestName } from "../nearest-name.ts";
import { QueryError } from "../query-error.ts";
import type { DimensionValue } from "./trend-request.ts";

/** The values of one dimension that count. */
export interface DimensionFilter {
  readonly ref: string;
  /** Values other than null, all of the dimension's type. */
  readonly values: readonly Exclude<DimensionValue, null>[];
  readonly type: FieldType;
  /** Whether events without the field count too. */
  readonly orNull: boolean;
}

/** Values of one filter travel in the address of the request. */
const MOST_VALUES = 500;
const CLICKHOUSE_TYPE = { string: "String", number: "Float64", integer: "Int64", boolean: "Bool" } as const;
const WORDS = { string: "text", number: "a number", integer: "a whole number", boolean: "true or false" } as const;

/** Checks that a metric has a dimension. @throws QueryError with the nearest one's name */
export function checkDimension(metric: Metric, ref: string): void {
  if (metric.dimensions.includes(ref)) return;
  if (metric.dimensions.length === 0) throw new QueryError(`Metric "${metric.name}" has no dimensions, so none is called "${ref}".`);
  const nearest = nearestName(ref, metric.dimensions);
  const advice = nearest === undefined ? `it has ${metric.dimensions.join(", ")}` : `did you mean "${nearest}"?`;
  throw new QueryError(`Metric "${metric.name}" has no dimension "${ref}": ${advice}${nearest === undefined ? "." : ""}`);
}

/** Checks one filter of a request. @throws QueryError if the metric lacks the dimension or a value is of another type */
export function dimensionFilter(metric: Metric, ref: string, wanted: DimensionValue | readonly DimensionValue[]): DimensionFilter {
  checkDimension(metric, ref);
  const field = resolveField(metric.event, ref);
  if ("problem" in field) throw new QueryError(`Metric "${metric.name}": ${field.problem}.`);
  const all = isList(wanted) ? wanted : [wanted];
  if (all.length === 0) throw new QueryError(`The filter on "${ref}" names no value.`);
  if (all.length > MOST_VALUES) throw new QueryError(`The filter on "${ref}" names ${all.length} values: ${MOST_VALUES} are the most.`);
  const values = all.filter((value) => value !== null);
  const wrong = values.find((value) => !isOf(field.type, value));
  if (wrong !== undefined) {
    throw new QueryError(`The filter on "${ref}" must be ${WORDS[field.type]}, not ${JSON.stringify(wrong) ?? String(wrong)}.`);
  }
  return { ref, values, type: field.type, orNull: values.length < all.length };
}

/** The condition of a filter over an SQL expression; its values are bound under `name`. */
export function filterSql({ values, type, orNull }: DimensionFilter, expression: string, name: string): string {
  const conditions = [
    ...(values.length > 0 ? [`${expression} IN {${name}:Array(${CLICKHOUSE_TYPE[type]})}`] : []),
    ...(orNull ? [`${expression} IS NULL`] : []),
  ];
  return `(${conditions.join(" OR ")})`;
}

/** The values of a dimension as they come in an answer, by its type: 64-bit integers come as text. */
export function readDimension({ type }: Pick<DimensionColumn, "type">, value: DimensionValue): DimensionValue {
  if (!type.includes("Int64") || typeof value !== "string") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function isList(wanted: DimensionValue | readonly DimensionValue[]): wanted is readonly DimensionValue[] {
  return Array.isArray(wanted);
}

function isOf(type: FieldType, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value) || (typeof value === "string" && /^-?\d{1,19}$/.test(value));
    case "boolean":
      return typeof value === "boolean";
    default:
      return false;
  }
}
