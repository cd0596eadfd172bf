import type { Metric } from "../../model/index.ts";
import { compareInLog, fieldValue, type FieldValue, type OracleEvent } from "./event.ts";

/** The exact quantile lies between two neighbours in the sorted values; a sketch may be off from either by its accuracy. */
export interface QuantileBounds {
  readonly lower: number;
  readonly upper: number;
}

/** A number, a picked value, or null where there is nothing to measure. */
export type MeasureValue = FieldValue | QuantileBounds;

/**
 * Computes a metric's measure over events, in any order, by output name: "value", or "p50", "p95" … for quantiles (as bounds).
 * Events without the measure's field are left out. Nothing to measure is 0 for count and uniq, else null.
 */
export function measureEvents({ event: definition, measure }: Metric, events: readonly OracleEvent[]): Record<string, MeasureValue> {
  if (measure.kind === "count") return { value: events.length };
  const having = events
    .map((event) => ({ event, value: fieldValue(event, measure.field, definition) }))
    .filter(({ value }) => value !== null)
    .toSorted((a, b) => compareInLog(a.event, b.event));
  const values = having.map(({ value }) => value);
  const numbers = values.filter((value) => typeof value === "number" || typeof value === "bigint");
  switch (measure.kind) {
    case "sum":
    case "avg":
      return { value: numbers.length === 0 ? null : total(numbers, measure.decimals) / (measure.kind === "avg" ? numbers.length : 1) };
    case "variance":
      return { value: spread(numbers, measure.decimals) };
    case "stddev": {
      const squared = spread(numbers, measure.decimals);
      return { value: squared === null ? null : Math.sqrt(squared) };
    }
    case "min":
      return { value: numbers.length === 0 ? null : numbers.map(Number).reduce((a, b) => Math.min(a, b)) };
    case "max":
      return { value: numbers.length === 0 ? null : numbers.map(Number).reduce((a, b) => Math.max(a, b)) };
    case "uniq":
      return { value: new Set(values.map(String)).size };
    case "quantiles":
      return Object.fromEntries(measure.levels.map((level) => [quantileName(level), quantile(numbers.map(Number), level)]));
    case "first":
      return { value: values[0] ?? null };
    case "last":
      return { value: values.at(-1) ?? null };
    default:
      return measure satisfies never;
  }
}

/** The sum of values, each rounded to `decimals` places first, added without error and turned into a double at the end. */
export function total(values: readonly (number | bigint)[], decimals: number): number {
  const exact = values.reduce<bigint>((sum, value) => sum + scaled(value, decimals), 0n);
  return Number(exact) / 10 ** decimals;
}

/** The mean of the squared distances from the mean. With n values n times each distance is a whole number, so nothing is rounded before it is divided, once by each of four numbers. */
function spread(values: readonly (number | bigint)[], decimals: number): number | null {
  if (values.length === 0) return null;
  const whole = values.map((value) => scaled(value, decimals));
  const count = BigInt(whole.length);
  const sum = whole.reduce((all, value) => all + value, 0n);
  const squares = whole.reduce((all, value) => all + (count * value - sum) ** 2n, 0n);
  return Number(squares / count) / whole.length / whole.length / 10 ** decimals / 10 ** decimals;
}

/** A value times 10^decimals, rounded to a whole number, ties to even. A double is taken for exactly what it is: a whole number times a power of two. */
export function scaled(value: number | bigint, decimals: number): bigint {
  if (typeof value === "bigint") return value * 10n ** BigInt(decimals);
  let numerator = value;
  let halvings = 0n;
  for (; !Number.isInteger(numerator); halvings += 1n) numerator *= 2;
  return divideToEven(BigInt(numerator) * 10n ** BigInt(decimals), 2n ** halvings);
}

function divideToEven(dividend: bigint, divisor: bigint): bigint {
  const sign = dividend < 0n ? -1n : 1n;
  const size = dividend * sign;
  const whole = size / divisor;
  const twice = 2n * (size % divisor);
  const up = twice > divisor || (twice === divisor && whole % 2n === 1n);
  return sign * (up ? whole + 1n : whole);
}

/** "p50" for 0.5, "p99_9" for 0.999. */
export function quantileName(level: number): string {
  return `p${String(Number((level * 100).toFixed(6))).replace(".", "_")}`;
}

/** The two values around rank level * (n - 1) of the sorted values, from 0; null of none. */
function quantile(numbers: readonly number[], level: number): QuantileBounds | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  const rank = level * (sorted.length - 1);
  const [lower, upper] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
  return lower === undefined || upper === undefined ? null : { lower, upper };
}

/** Whether a sketch's answer is within its relative accuracy of the exact quantile. */
export function isWithinAccuracy(answer: number, { lower, upper }: QuantileBounds, accuracy: number): boolean {
  return answer >= lower - Math.abs(lower) * accuracy && answer <= upper + Math.abs(upper) * accuracy;
}
