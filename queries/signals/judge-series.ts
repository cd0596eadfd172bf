import { median } from "./median.ts";
import type { NoiseScale } from "./noise-scale.ts";
import { robustScale } from "./robust-scale.ts";
import type { SeasonalFigure } from "./seasonal-figure.ts";
import { isTrained, type SignalPoint } from "./signal-series.ts";

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

/** The level is the median of so many buckets before, and of no fewer than so few. */
const LEVEL = { most: 24, least: 8 };
/** The band needs so many buckets that were compared with what was expected of them. */
const LEAST_RESIDUALS = 8;
/** Differences of this share of the greatest value are rounding. */
const ROUNDING = 1e-9;

/**
 * Says of each bucket what was to be expected, from the buckets before it, and whether it is usual:
 *
 *     expected = level + season + bias        level  = median of the 24 whole buckets before, less their season
 *     score    = (value − expected) / σ       σ, bias = robust scale and median of value − level − season over all whole buckets
 *
 * all on the noise scale of the measure. A score beyond `threshold` is an anomaly (3.5 is Iglewicz and Hoaglin's). The bias is what a steady slope adds while the level lags behind.
 */
export function judgeSeries(
  points: readonly SignalPoint[],
  figure: SeasonalFigure | undefined,
  threshold: number,
  scale: NoiseScale,
): JudgedPoint[] {
  const seasonOf = (start: Date): number | undefined => (figure ? figure.adds.get(figure.season.placeOf(start).phase) : 0);
  const before: number[] = [];
  const looked = points.map((point) => {
    const season = seasonOf(point.start);
    const level = before.length < LEVEL.least ? undefined : median(before);
    const expected = level === undefined || season === undefined ? undefined : level + season;
    const value = isTrained(point) ? scale.forward(point.value) : undefined;
    if (value !== undefined && season !== undefined) {
      before.push(value - season);
      if (before.length > LEVEL.most) before.shift();
    }
    return { point, expected, value };
  });
  const residuals = looked.flatMap(({ expected, value }) => (expected === undefined || value === undefined ? [] : [value - expected]));
  if (residuals.length < LEAST_RESIDUALS) return points.map(unjudged);
  const bias = median(residuals) ?? 0;
  const greatest = looked.reduce((most, { value }) => Math.max(most, Math.abs(value ?? 0)), 0);
  const sigma = Math.max(robustScale(residuals), scale.floor, greatest * ROUNDING);
  return looked.map(({ point, expected, value }) => {
    if (expected === undefined) return unjudged(point);
    const middle = expected + bias;
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

function unjudged(point: SignalPoint): JudgedPoint {
  return { ...point, expected: null, low: null, high: null, score: null, verdict: "unknown" };
}
