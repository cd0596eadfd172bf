import { median } from "./median.ts";

/** The level before a value. */
export interface TrailingLevel {
  /** Median of the values before; undefined where there are too few. */
  readonly level: number | undefined;
  /** How many values the middle of those lies back: a slope has risen so many times since. */
  readonly lag: number;
}

/** The level is the median of so many values before, and of no fewer than so few. */
const MOST = 24;
const LEAST = 8;

/** The level before each value, from the values before it alone; what is undefined is passed over. */
export function trailingLevels(values: readonly (number | undefined)[]): TrailingLevel[] {
  const before: number[] = [];
  return values.map((value) => {
    const found = { level: before.length < LEAST ? undefined : median(before), lag: (before.length + 1) / 2 };
    if (value !== undefined) {
      before.push(value);
      if (before.length > MOST) before.shift();
    }
    return found;
  });
}
