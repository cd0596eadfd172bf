import { median } from "./median.ts";
import type { NoiseScale } from "./noise-scale.ts";
import { robustScale } from "./robust-scale.ts";
import type { SeasonalFigure } from "./seasonal-figure.ts";
import { isTrained, type SignalPoint } from "./signal-series.ts";
import { trailingLevels } from "./trailing-level.ts";

/** What is said of a bucket: `high` and `low` are anomalies; `unknown` where nothing can be said, which is always so of a bucket that is not whole. */
export type Verdict = "usual" | "high" | "low" | "unknown";

/** A bucket with what was to be expected of it. */
export interface JudgedPoint extends SignalPoint {
  /** What was to be expected, and the least and most that would be usual. All null where too little came before. */
  readonly expected: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** How many standard deviations the value is off; null for a bucket that is not judged. */
  readonly score: number | null;
  readonly verdict: Verdict;
}

/** The band needs so many buckets that were compared with what was expected of them. */
const LEAST_RESIDUALS = 8;
/** Differences of this share of the greatest value are rounding. */
const ROUNDING = 1e-9;

/**
 * Says of each bucket what was to be expected, from the buckets before it, and whether it is usual:
 *
 *     expected = level + season + drift · lag      level = median of the 24 whole buckets before, less their season; lag = how many buckets their middle lies back
 *     score    = (value − expected) / σ            drift = median of (value − level − season) / lag, σ = robust scale of value − expected, over all whole buckets
 *
 * all on the noise scale of the measure. A score beyond `threshold` is an anomaly (3.5 is Iglewicz and Hoaglin's).
 */
export function judgeSeries(
  points: readonly SignalPoint[],
  figure: SeasonalFigure | undefined,
  threshold: number,
  scale: NoiseScale,
): JudgedPoint[] {
  const values = points.map((point) => (isTrained(point) ? scale.forward(point.value) : undefined));
  const seasons = points.map(({ start }) => (figure ? figure.adds.get(figure.season.placeOf(start).phase) : 0));
  const levels = trailingLevels(values.map((value, index) => less(value, seasons[index])));
  const misses = levels.flatMap(({ lag, level }, index) => {
    const miss = less(less(values[index], seasons[index]), level);
    return miss === undefined ? [] : [{ miss, lag }];
  });
  if (misses.length < LEAST_RESIDUALS) return points.map(unjudged);
  const drift = median(misses.map(({ lag, miss }) => miss / lag)) ?? 0;
  const greatest = values.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
  const sigma = Math.max(robustScale(misses.map(({ lag, miss }) => miss - drift * lag)), scale.floor, greatest * ROUNDING);
  return points.map((point, index) => {
    const [season, level, value] = [seasons[index], levels[index], values[index]];
    if (season === undefined || level?.level === undefined) return unjudged(point);
    const middle = level.level + season + drift * level.lag;
    const band = {
      expected: scale.back(middle),
      low: scale.back(middle - threshold * sigma),
      high: scale.back(middle + threshold * sigma),
    };
    if (value === undefined) return { ...point, ...band, score: null, verdict: "unknown" };
    const score = sigma === 0 ? 0 : (value - middle) / sigma;
    return { ...point, ...band, score, verdict: score > threshold ? "high" : score < -threshold ? "low" : "usual" };
  });
}

function less(value: number | undefined, taken: number | undefined): number | undefined {
  return value === undefined || taken === undefined ? undefined : value - taken;
}

function unjudged(point: SignalPoint): JudgedPoint {
  return { ...point, expected: null, low: null, high: null, score: null, verdict: "unknown" };
}
