import type { DimensionValue } from "../model/index.ts";

/** The order of values of a field: numbers by size, texts by code unit, and null last, whatever the locale. */
export function compareDimensions(a: DimensionValue, b: DimensionValue): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
