import { median } from "./median.ts";

/** Makes the median absolute deviation of normal noise its standard deviation: 1 / Φ⁻¹(3/4). */
const OF_MEDIAN = 1.482602218505602;
/** The same for the mean absolute deviation: √(π / 2). */
const OF_MEAN = 1.2533141373155003;

/**
 * How far values stray from their median, as a standard deviation that a few wild ones do not change: the median absolute deviation; where that is 0, because more than half of the values
 * are equal, the mean one. Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993), the modified z-score.
 * @returns 0 for equal values, and for none
 */
export function robustScale(values: readonly number[]): number {
  const centre = median(values) ?? 0;
  const away = values.map((value) => Math.abs(value - centre));
  const middle = (median(away) ?? 0) * OF_MEDIAN;
  if (middle > 0 || away.length === 0) return middle;
  return (away.reduce((total, distance) => total + distance, 0) / away.length) * OF_MEAN;
}
