import type { DifferenceFeature, FeatureWords, RatioFeature } from "./feature.ts";

/**
 * One feature of the set divided by another, both by their names as columns. Null where the denominator is 0 or either has no value.
 * @example ratio("orders_1h", "orders_7d")
 */
export function ratio(numerator: string, denominator: string, options: FeatureWords & { readonly scale?: number } = {}): RatioFeature {
  return { kind: "ratio", numerator, denominator, scale: 1, ...options };
}

/**
 * One feature of the set less another, both by their names as columns. Null where either has no value.
 * @example difference("orders_7d", "orders_7d_7d_ago")
 */
export function difference(value: string, minus: string, options: FeatureWords = {}): DifferenceFeature {
  return { kind: "difference", value, minus, ...options };
}
