import type { Ahead, ForecastMethod, ForecastMethodName } from "./forecast-methods.ts";
import type { Known } from "./seasonal-figure.ts";

/** How well a method would have foretold what is known by now. */
export interface BackTest {
  readonly method: ForecastMethodName;
  /** Mean absolute error over all bucket that were foretold, in the unit of the metric. */
  readonly mae: number;
  /** Mean absolute percentage error, as a share, over those whose value is not 0; null if there are none. */
  readonly mape: number | null;
}

/** A method's errors: of each origin, for each step ahead, value less forecast; undefined where one of the two is missing. */
export interface Errors {
  readonly method: ForecastMethod;
  readonly byOrigin: readonly (readonly (number | undefined)[])[];
  readonly test: BackTest;
}

/** A whole bucket of the past, with its value if it has one. */
export interface Past {
  readonly start: Date;
  readonly value: number | null;
}

/** Back-tests are made from so many moments of the past at most; and from none with fewer known values before it. */
const MOST_ORIGINS = 40;
const LEAST_PAST = 8;

/** Foretells from moments of the second half of the past, each time knowing what came before only ("rolling origin", Hyndman and Athanasopoulos 5.10). */
export function backTest(past: readonly Past[], method: ForecastMethod, horizon: number): Errors | undefined {
  const byOrigin = originsOf(past.length, horizon).map((origin) => {
    const before = past.slice(0, origin).flatMap(({ start, value }) => (value === null ? [] : [{ start, value } satisfies Known]));
    const next = past.slice(origin, origin + horizon);
    const ahead = next.map(({ start }, index): Ahead => ({ start, steps: index + 1 }));
    const foretold = before.length < LEAST_PAST ? [] : method.foretell(before, ahead);
    return next.map(({ value }, index) => ({ value, foretold: foretold[index] }));
  });
  const pairs = byOrigin.flat().flatMap(({ value, foretold }) => (value === null || foretold === undefined ? [] : [{ value, foretold }]));
  if (pairs.length === 0) return undefined;
  const shares = pairs.filter(({ value }) => value !== 0).map(({ value, foretold }) => Math.abs((value - foretold) / value));
  return {
    method,
    byOrigin: byOrigin.map((origin) =>
      origin.map(({ value, foretold }) => (value === null || foretold === undefined ? undefined : value - foretold)),
    ),
    test: {
      method: method.name,
      mae: mean(pairs.map(({ value, foretold }) => Math.abs(value - foretold))),
      mape: shares.length === 0 ? null : mean(shares),
    },
  };
}

/** Spread evenly from the middle of the past to the last one that leaves room for the horizon. */
function originsOf(size: number, horizon: number): number[] {
  const [first, last] = [Math.max(LEAST_PAST, Math.floor(size / 2)), size - horizon];
  if (last < first) return [];
  const count = Math.min(MOST_ORIGINS, last - first + 1);
  return Array.from({ length: count }, (_, index) => (count === 1 ? last : first + Math.round((index * (last - first)) / (count - 1))));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
