/** What a metric computes over its events; fields are checked against the event by `defineMetric`. */
export type Measure<Numeric extends string = string, Any extends string = string> =
  CountMeasure | NumericMeasure<Numeric> | UniqMeasure<Any> | QuantilesMeasure<Numeric> | PickMeasure<Any>;

/** Number of events. */
export interface CountMeasure {
  readonly kind: "count";
}

/** A measure of the one number that a numeric field's values come to; events without the field are left out. */
export type NumericMeasure<Field extends string = string> = AddedMeasure<Field> | ExtremeMeasure<Field>;

/** Sum, mean or spread of a numeric field: what follows from how many values there are, their sum and the sum of their squares. */
export interface AddedMeasure<Field extends string = string> {
  readonly kind: "sum" | "avg" | "variance" | "stddev";
  readonly field: Field;
  /** Decimal places that are kept exactly: each value is rounded to them before it is added. */
  readonly decimals: number;
}

/** Least or greatest value of a numeric field. */
export interface ExtremeMeasure<Field extends string = string> {
  readonly kind: "min" | "max";
  readonly field: Field;
}

/** Number of distinct values of a field. */
export interface UniqMeasure<Field extends string = string> {
  readonly kind: "uniq";
  readonly field: Field;
  readonly exact: boolean;
}

/** Quantiles of a numeric field, each within `accuracy` of the true value, relative (0.01 = 1 %). */
export interface QuantilesMeasure<Field extends string = string> {
  readonly kind: "quantiles";
  readonly field: Field;
  /** Each in (0, 1), ascending. */
  readonly levels: readonly number[];
  readonly accuracy: number;
}

/** The field's value in the earliest or latest event, by event time, then by position in the log. */
export interface PickMeasure<Field extends string = string> {
  readonly kind: "first" | "last";
  readonly field: Field;
}

/** Decimal places of a sum unless said otherwise: enough for money and most sensors. */
const DEFAULT_DECIMALS = 6;

/** Counts events. */
export function count(): CountMeasure {
  return { kind: "count" };
}

/**
 * Sums a numeric field exactly: each value is rounded to `decimals` places (default 6) and added as a 128-bit integer, so the
 * answer does not depend on order, threads, or on whether it came from a rollup. Integers are added as they are.
 */
export function sum<const Field extends string>(field: Field, options: { decimals?: number } = {}): AddedMeasure<Field> {
  return { kind: "sum", field, decimals: options.decimals ?? DEFAULT_DECIMALS };
}

/** Mean of a numeric field: the exact {@link sum} divided by the number of values. */
export function avg<const Field extends string>(field: Field, options: { decimals?: number } = {}): AddedMeasure<Field> {
  return { kind: "avg", field, decimals: options.decimals ?? DEFAULT_DECIMALS };
}

/**
 * Variance of a numeric field, of all values there are (a population: ClickHouse's `varPop`); of one value 0, of none null. The values, rounded to `decimals` places, and
 * their squares are added as integers, so nothing cancels out: a rollup, a tile and any order give the same bits, and equal values give 0.
 * Values of 10^22 and above (at 6 decimals) are left out.
 */
export function variance<const Field extends string>(field: Field, options: { decimals?: number } = {}): AddedMeasure<Field> {
  return { kind: "variance", field, decimals: options.decimals ?? DEFAULT_DECIMALS };
}

/** Standard deviation of a numeric field: the square root of its {@link variance}, in the field's own unit. */
export function stddev<const Field extends string>(field: Field, options: { decimals?: number } = {}): AddedMeasure<Field> {
  return { kind: "stddev", field, decimals: options.decimals ?? DEFAULT_DECIMALS };
}

/** Least value of a numeric field. */
export function min<const Field extends string>(field: Field): ExtremeMeasure<Field> {
  return { kind: "min", field };
}

/** Greatest value of a numeric field. */
export function max<const Field extends string>(field: Field): ExtremeMeasure<Field> {
  return { kind: "max", field };
}

/**
 * Counts distinct values of a field. By default a sketch (ClickHouse `uniqCombined64`: exact for small sets, about 0.3 % off for large ones);
 * `exact: true` keeps every value, and costs memory in proportion.
 */
export function uniq<const Field extends string>(field: Field, options: { exact?: boolean } = {}): UniqMeasure<Field> {
  return { kind: "uniq", field, exact: options.exact ?? false };
}

/**
 * Quantiles of a numeric field by DDSketch (https://arxiv.org/abs/1908.10693), whose merge is exact: rollup and raw events give the same answer.
 * @param levels each in (0, 1), e.g. [0.5, 0.95, 0.99]
 */
export function quantiles<const Field extends string>(
  field: Field,
  levels: readonly number[],
  options: { accuracy?: number } = {},
): QuantilesMeasure<Field> {
  return { kind: "quantiles", field, levels, accuracy: options.accuracy ?? 0.01 };
}

/** The field's value in the earliest event of a bucket. */
export function first<const Field extends string>(field: Field): PickMeasure<Field> {
  return { kind: "first", field };
}

/** The field's value in the latest event of a bucket. */
export function last<const Field extends string>(field: Field): PickMeasure<Field> {
  return { kind: "last", field };
}
