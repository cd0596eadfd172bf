/**
 * Of the n sorted values of an array, counted from 0, the one at `floor((n - 1) * tenths / 10)`; null if it is empty. Whole-number arithmetic: no rounding.
 * @param sorted SQL of a sorted array of integers
 */
export function percentileSql(sorted: string, tenths: number): string {
  return `if(empty(${sorted}), NULL, ${sorted}[intDiv((length(${sorted}) - 1) * ${tenths}, 10) + 1])`;
}
