import type { Ahead, ForecastMethod, ForecastMethodName } from "./forecast-methods.ts";
import type { Known } from "./seasonal-figure.ts";

/** How well a method would have foretold what is known by now. */
export interface BackTest {
  readonly method: ForecastMethodName;
  /** Mean absolute error over the buckets that all methods foretold, in the unit of the metric. */
  readonly mae: number;
  /** Mean absolute percentage error, as a share, over those of them whose value is not 0; null if there are none. */
  readonly mape: number | null;
}

/** A value and its forecast, or undefined where one of the two is missing. */
type Pair = { readonly value: number; readonly error: number } | undefined;

/** What a method foretold: of each origin, for each step ahead. */
export interface Foretold {
  readonly method: ForecastMethod;
  readonly pairs: readonly (readonly Pair[])[];
}

/** A method with its errors (value less forecast) and what they come to. */
export interface Tried {
  readonly method: ForecastMethod;
  readonly errors: readonly (readonly (number | undefined)[])[];
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

/** Foretells from moments of the second half of the past, each time knowing what came before only ("rolling origin", Hyndman and Athanasopoulos 5.10). Undefined if nothing could be. */
export function backTest(past: readonly Past[], method: ForecastMethod, horizon: number): Foretold | undefined {
  const pairs = originsOf(past.length, horizon).map((origin) => {
    const before = past.slice(0, origin).flatMap(({ start, value }) => (value === null ? [] : [{ start, value } satisfies Known]));
    const next = past.slice(origin, origin + horizon);
    const ahead = next.map(({ start }, index): Ahead => ({ start, steps: index + 1 }));
    const foretold = before.length < LEAST_PAST ? [] : method.foretell(before, ahead);
    return next.map(({ value }, index): Pair => {
      const told = foretold[index];
      return value === null || told === undefined ? undefined : { value, error: value - told };
    });
  });
  return pairs.flat().every((pair) => pair === undefined) ? undefined : { method, pairs };
}

/**
 * Compares methods, the best first, over the same buckets: those that all foretold. A method that foretold less than half of what another did (a season that was not known early enough) is left out: it could not be compared.
 */
export function compareFairly(all: readonly Foretold[]): Tried[] {
  const counts = all.map(({ pairs }) => countOf(pairs));
  const most = Math.max(0, ...counts);
  const compared = all.filter((_, index) => 2 * (counts[index] ?? 0) >= most);
  const cells = (compared[0]?.pairs ?? []).map((row, origin) =>
    row.map((_, step) => compared.every(({ pairs }) => pairs[origin]?.[step] !== undefined)),
  );
  return compared
    .map(({ method, pairs }): Tried => {
      const common = pairs.flatMap((row, origin) => row.filter((pair, step) => pair !== undefined && cells[origin]?.[step] === true));
      return {
        method,
        errors: pairs.map((row) => row.map((pair) => pair?.error)),
        test: { method: method.name, ...missesOf(common.filter((pair) => pair !== undefined)) },
      };
    })
    .sort((a, b) => a.test.mae - b.test.mae);
}

function countOf(pairs: Foretold["pairs"]): number {
  return pairs.flat().filter((pair) => pair !== undefined).length;
}

function missesOf(pairs: readonly NonNullable<Pair>[]): Pick<BackTest, "mae" | "mape"> {
  const shares = pairs.filter(({ value }) => value !== 0).map(({ error, value }) => Math.abs(error / value));
  return { mae: mean(pairs.map(({ error }) => Math.abs(error))) ?? 0, mape: mean(shares) };
}

/** Spread evenly from the middle of the past to the last one that leaves room for the horizon. */
function originsOf(size: number, horizon: number): number[] {
  const [first, last] = [Math.max(LEAST_PAST, Math.floor(size / 2)), size - horizon];
  if (last < first) return [];
  const count = Math.min(MOST_ORIGINS, last - first + 1);
  return Array.from({ length: count }, (_, index) => (count === 1 ? last : first + Math.round((index * (last - first)) / (count - 1))));
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length;
}
