import type { DimensionValue } from "../filter/filter.ts";

/** Numbers by size, texts by code unit, and null last: the same order whatever the locale. */
export function compareValues(a: DimensionValue, b: DimensionValue): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
