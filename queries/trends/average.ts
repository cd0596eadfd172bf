import type { Cell } from "./series.ts";

/**
 * The mean of the last `buckets` values, for each bucket: of those that there are; undefined where the window is not whole yet or has none.
 * @param empty what a bucket without events counts as; null = nothing
 */
export function movingMean(cells: readonly Cell[], buckets: number, empty: 0 | null): Cell[] {
  return cells.map((_, place) => {
    if (place < buckets - 1) return undefined;
    const known = cells.slice(place - buckets + 1, place + 1).flatMap((cell) => {
      const value = cell === undefined ? empty : cell;
      return typeof value === "number" ? [value] : [];
    });
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
