import type { Metric } from "./metric.ts";
import type { CountMeasure, NumericMeasure, UniqMeasure } from "./measure.ts";

/** A metric whose answer is one number. */
export type NumberMetric = Metric<string, string, CountMeasure | NumericMeasure | UniqMeasure>;

/** One metric divided by another, each over the same buckets, groups and filters. Made by {@link defineRatio}. */
export interface Ratio<Name extends string = string> {
  readonly kind: "ratio";
  readonly name: Name;
  readonly numerator: NumberMetric;
  readonly denominator: NumberMetric;
  /** The quotient is multiplied by it: 100 for percent. */
  readonly scale: number;
  /** What one unit of the value is, e.g. "%", "USD an order". */
  readonly unit?: string;
  readonly description?: string;
}

/** A number worked out from several metrics. Made by {@link defineFormula}. */
export interface Formula<Name extends string = string> {
  readonly kind: "formula";
  readonly name: Name;
  readonly parts: Readonly<Record<string, NumberMetric>>;
  /** Gets the value of each part, null where it has none. */
  readonly value: (parts: Readonly<Record<string, number | null>>) => number | null;
  readonly unit?: string;
  readonly description?: string;
}

/** A metric that is worked out from others, and so has no rollup of its own. */
export type DerivedMetric = Ratio | Formula;

/** What the author of a ratio writes. */
export interface RatioOptions<Name extends string> {
  readonly name: Name;
  readonly numerator: NumberMetric;
  readonly denominator: NumberMetric;
  /** Default 1; 100 for percent. */
  readonly scale?: number;
  readonly unit?: string;
  readonly description?: string;
}

/** What the author of a formula writes. */
export interface FormulaOptions<Name extends string, Parts extends Readonly<Record<string, NumberMetric>>> {
  readonly name: Name;
  readonly parts: Parts;
  /** The value from those of the parts, each null where its metric has none. What is not finite counts as null. */
  readonly value: (parts: { readonly [Part in keyof Parts]: number | null }) => number | null;
  readonly unit?: string;
  readonly description?: string;
}

/**
 * Declares a ratio, such as conversion = orders / visits. It is always computed from its parts: over several buckets, groups or the whole range from what the parts are
 * there, never as a mean of quotients. Null where the denominator is 0 or either part has no value.
 */
export function defineRatio<const Name extends string>({ scale = 1, ...options }: RatioOptions<Name>): Ratio<Name> {
  return { kind: "ratio", scale, ...options };
}

/**
 * Declares a number worked out from several metrics: `defineFormula({ name: "profit", parts: { revenue, cost }, value: ({ revenue, cost }) => (revenue ?? 0) - (cost ?? 0) })`.
 * Like a ratio it is computed from its parts as they are over whatever is asked for. The function must give the same for the same parts.
 */
export function defineFormula<const Name extends string, const Parts extends Readonly<Record<string, NumberMetric>>>({
  value,
  ...options
}: FormulaOptions<Name, Parts>): Formula<Name> {
  return { kind: "formula", ...options, value: (parts) => value(parts as { [Part in keyof Parts]: number | null }) };
}

/** Whether a metric is worked out from others. */
export function isDerived(metric: Metric | DerivedMetric): metric is DerivedMetric {
  // A config in plain JavaScript may hold anything; checkProject says what is wrong with it.
  return typeof metric === "object" && metric !== null && "kind" in metric;
}

/** The metrics that a derived one is made of, by the names that it calls them. */
export function partsOf(metric: DerivedMetric): Readonly<Record<string, NumberMetric>> {
  return metric.kind === "ratio" ? { numerator: metric.numerator, denominator: metric.denominator } : metric.parts;
}
