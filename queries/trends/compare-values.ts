import type { Compared, TrendValue } from "./trend-answer.ts";
import { difference, growth } from "./transform.ts";

/** A value beside its counterpart. */
export interface Pair {
  readonly key: string;
  readonly value: TrendValue;
  readonly other: TrendValue;
  /** Decimal places of both, where known. */
  readonly decimals: number | undefined;
}

/**
 * Values beside those of another period.
 * @param known whether this period's part is over and ingested: what is still growing is compared with nothing
 */
export function compareValues(pairs: readonly Pair[], known: boolean): Compared {
  const each = <Value>(valueOf: (pair: Pair) => Value): Record<string, Value> =>
    Object.fromEntries(pairs.map((pair) => [pair.key, valueOf(pair)]));
  return {
    values: each(({ other }) => other),
    difference: each(({ value, other, decimals }) => (known ? difference(value, other, decimals) : null)),
    growth: each(({ value, other }) => (known ? growth(value, other) : null)),
  };
}
