import type { Sparse } from "./autocorrelation.ts";

/**
 * Each value less the level around it: the mean of the `width` places around it, of an even width that of the two windows that lie around it (the moving averages of classical decomposition; Hyndman and Athanasopoulos,
 * Forecasting: Principles and Practice, 3rd edition, 3.3). At the ends the windows are what there is of them. Over whole periods the mean of what repeats is the same everywhere: levels and slopes go, periods up to `width` stay.
 */
export function lessLevel(values: Sparse, width: number): (number | undefined)[] {
  const sums = new Float64Array(values.length + 1);
  const counts = new Float64Array(values.length + 1);
  for (const [index, value] of values.entries()) {
    sums[index + 1] = (sums[index] ?? 0) + (value ?? 0);
    counts[index + 1] = (counts[index] ?? 0) + (value === undefined ? 0 : 1);
  }
  const mean = (start: number): number => {
    const [from, to] = [Math.max(0, start), Math.min(values.length, start + width)];
    return ((sums[to] ?? 0) - (sums[from] ?? 0)) / ((counts[to] ?? 0) - (counts[from] ?? 0));
  };
  return values.map((value, index) =>
    value === undefined ? undefined : value - (mean(index - Math.floor(width / 2)) + mean(index - Math.floor((width - 1) / 2))) / 2,
  );
}
