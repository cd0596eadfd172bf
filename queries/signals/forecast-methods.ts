import { median } from "./median.ts";
import { seasonalFigure, type Known } from "./seasonal-figure.ts";
import type { Season } from "./season.ts";

/** A bucket to say something of: when it begins, and how many buckets it comes after the last known one (from 1). */
export interface Ahead {
  readonly start: Date;
  readonly steps: number;
}

/** What a way to foretell is called. */
export type ForecastMethodName = "last" | "drift" | "season" | "season and drift" | "level and season";

/** A way to foretell, from the past alone. Undefined where it has nothing to go by. */
export interface ForecastMethod {
  readonly name: ForecastMethodName;
  readonly foretell: (past: readonly Known[], ahead: readonly Ahead[]) => (number | undefined)[];
}

/** The level is the median of so many buckets. */
const LEVEL_BUCKETS = 24;

/**
 * The ways to choose from; without a season those that need none. The first four are the benchmark methods of Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (3rd edition, 5.2):
 * the last value; the last value and the line from the first to the last; the last value of the same place in the season; that and the line. The fifth is what `anomalies` expects: the median
 * of the last 24 values less their season, and the season.
 */
export function forecastMethods(season: Season | undefined): ForecastMethod[] {
  const plain: ForecastMethod[] = [
    { name: "last", foretell: (past, ahead) => ahead.map(() => past.at(-1)?.value) },
    { name: "drift", foretell: (past, ahead) => ahead.map(({ steps }) => add(past.at(-1)?.value, steps * (slopeOf(past) ?? NaN))) },
  ];
  if (!season) return [...plain, { name: "level and season", foretell: levelAndSeason(undefined) }];
  return [
    ...plain,
    { name: "season", foretell: (past, ahead) => lastOfPlace(past, ahead, season).map((found) => found?.value) },
    { name: "season and drift", foretell: (past, ahead) => seasonAndDrift(past, ahead, season) },
    { name: "level and season", foretell: levelAndSeason(season) },
  ];
}

function add(value: number | undefined, more: number): number | undefined {
  return value === undefined || Number.isNaN(more) ? undefined : value + more;
}

/** Rise a bucket, from the first to the last known one. */
function slopeOf(past: readonly Known[]): number | undefined {
  const [first, last] = [past[0], past.at(-1)];
  return first && last && past.length > 1 ? (last.value - first.value) / (past.length - 1) : undefined;
}

/** Of each bucket ahead the last known one of its place in the season, and how many known buckets it lies before the last one. */
function lastOfPlace(past: readonly Known[], ahead: readonly Ahead[], season: Season): ({ value: number; ago: number } | undefined)[] {
  const found = new Map<number, { value: number; ago: number }>();
  // A cycle and a half back every place has been met, unless it is rare: then the search goes on to the beginning.
  for (let index = past.length - 1; index >= 0 && found.size < season.phases; index -= 1) {
    const known = past[index];
    const phase = known && season.placeOf(known.start).phase;
    if (known && phase !== undefined && !found.has(phase)) found.set(phase, { value: known.value, ago: past.length - 1 - index });
  }
  return ahead.map(({ start }) => found.get(season.placeOf(start).phase));
}

/** The drift is the mean rise a bucket over whole cycles: from the first cycle's mean to the last one's. */
function seasonAndDrift(past: readonly Known[], ahead: readonly Ahead[], season: Season): (number | undefined)[] {
  const { phases } = season;
  if (past.length < 2 * phases) return ahead.map(() => undefined);
  const rise = (meanOf(past.slice(-phases)) - meanOf(past.slice(0, phases))) / (past.length - phases);
  return lastOfPlace(past, ahead, season).map((found, index) => found && found.value + rise * ((ahead[index]?.steps ?? 0) + found.ago));
}

function meanOf(past: readonly Known[]): number {
  return past.reduce((total, { value }) => total + value, 0) / past.length;
}

function levelAndSeason(season: Season | undefined): ForecastMethod["foretell"] {
  return (past, ahead) => {
    const figure = season && seasonalFigure(past, season);
    if (season && !figure) return ahead.map(() => undefined);
    const seasonOf = (start: Date): number | undefined => (figure ? figure.adds.get(figure.season.placeOf(start).phase) : 0);
    const levels: number[] = [];
    for (let index = past.length - 1; index >= 0 && levels.length < LEVEL_BUCKETS; index -= 1) {
      const known = past[index];
      const of = known && seasonOf(known.start);
      if (known && of !== undefined) levels.push(known.value - of);
    }
    const level = median(levels);
    return ahead.map(({ start }) => add(level, seasonOf(start) ?? NaN));
  };
}
