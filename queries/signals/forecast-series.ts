import { backTest, compareFairly, type BackTest, type Past } from "./back-test.ts";
import { forecastMethods, type ForecastMethodName } from "./forecast-methods.ts";
import { coverage, halfWidths } from "./interval.ts";
import type { Season } from "./season.ts";
import { isTrained, type SignalPoint } from "./signal-series.ts";

/** A bucket that is not known yet. */
export interface ForecastPoint {
  readonly start: Date;
  readonly end: Date;
  /** Null where nothing can be said. */
  readonly value: number | null;
  /** The interval; null where there are too few back-tests for one. */
  readonly low: number | null;
  readonly high: number | null;
}

/** What is foretold of one series. */
export interface SeriesForecast {
  /** The method with the least mean absolute error of the back-tests; null if there was not enough past for any. */
  readonly method: ForecastMethodName | null;
  /** All methods that could be tried, the best first. */
  readonly backTests: readonly BackTest[];
  /** Share of back-tests' values that an interval made without them holds; null = too few of them. */
  readonly coverage: number | null;
  readonly points: readonly ForecastPoint[];
}

/**
 * Foretells the buckets ahead by the method that would have done best in the past.
 * @param points the past; what is not whole, at the end or elsewhere, is not learned from
 * @param ahead the buckets to foretell, the first right after the last whole one
 * @param level of the interval, e.g. 0.9
 * @param least no value can be below it
 */
export function forecastSeries(
  points: readonly SignalPoint[],
  season: Season | undefined,
  ahead: readonly Pick<SignalPoint, "start" | "end">[],
  { least, level }: { readonly level: number; readonly least: number },
): SeriesForecast {
  const past: Past[] = points.map((point) => ({ start: point.start, value: isTrained(point) ? point.value : null }));
  const horizon = ahead.length;
  const tried = compareFairly(forecastMethods(season).flatMap((method) => backTest(past, method, horizon) ?? []));
  const [best] = tried;
  if (!best) return { method: null, backTests: [], coverage: null, points: ahead.map((bucket) => ({ ...nothing, ...bucket })) };
  const known = past.flatMap(({ start, value }) => (value === null ? [] : [{ start, value }]));
  const widths = halfWidths(best.errors, horizon, level);
  const values = best.method.foretell(
    known,
    ahead.map(({ start }, index) => ({ start, steps: index + 1 })),
  );
  return {
    method: best.method.name,
    backTests: tried.map(({ test }) => test),
    coverage: coverage(best.errors, horizon, level),
    points: ahead.map(({ end, start }, index) => {
      const [value, width] = [values[index], widths[index] ?? null];
      if (value === undefined) return { start, end, ...nothing };
      const interval =
        width === null ? { low: null, high: null } : { low: Math.max(least, value - width), high: Math.max(least, value + width) };
      return { start, end, value: Math.max(least, value), ...interval };
    }),
  };
}

const nothing = { value: null, low: null, high: null };
