import { resolveField, type Metric } from "../../model/index.ts";
import type { DimensionValue } from "../../queries/index.ts";

/** A value as a dimension holds it; what does not fit stays text, and the query says what it should be. "null" = without it. */
export function typedDimension(metric: Metric | undefined, dimension: string, value: string): DimensionValue {
  if (value === "null") return null;
  const field = metric?.dimensions.includes(dimension) === true ? resolveField(metric.event, dimension) : undefined;
  if (!field || "problem" in field) return value;
  if (field.type === "boolean" && /^(true|false)$/.test(value)) return value === "true";
  if (field.type === "integer") return Number.isSafeInteger(Number(value)) && value.trim() !== "" ? Number(value) : value;
  return field.type === "number" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}
