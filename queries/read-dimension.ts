import type { DimensionValue } from "../model/index.ts";
import type { DimensionColumn } from "../clickhouse/index.ts";

/** The values of a dimension as they come in an answer, by its type: 64-bit integers come as text. */
export function readDimension({ type }: Pick<DimensionColumn, "type">, value: DimensionValue): DimensionValue {
  if (!type.includes("Int64") || typeof value !== "string") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
