import { median } from "./median.ts";
import { robustScale } from "./robust-scale.ts";
import type { Season, SeasonPlace } from "./season.ts";

/** A value that may be learned from, and when its bucket began. */
export interface Known {
  readonly start: Date;
  readonly value: number;
}

/** What a season adds to the level at each of its places. */
export interface SeasonalFigure {
  readonly season: Season;
  /** Place -> what it adds; places that were seen in fewer than three cycles are missing. */
  readonly adds: ReadonlyMap<number, number>;
  /** Cycles that it was learned from. */
  readonly cycles: number;
  /** Share of the variation within cycles that it explains of cycles it has not seen: 0 = nothing, 1 = all. */
  readonly strength: number;
}

/** A place is known from so many cycles, and a season is believed at so many. */
const LEAST_CYCLES = 3;
/** A season that explains less than this is none. */
const LEAST_STRENGTH = 0.2;

/**
 * The season that explains most, if one explains enough.
 * @param seasons those to choose from
 */
export function bestFigure(known: readonly Known[], seasons: readonly Season[]): SeasonalFigure | undefined {
  const figures = seasons.flatMap((season) => seasonalFigure(known, season) ?? []).filter(({ strength }) => strength >= LEAST_STRENGTH);
  return figures.reduce<SeasonalFigure | undefined>(
    (best, figure) => (best && best.strength >= figure.strength ? best : figure),
    undefined,
  );
}

/**
 * Learns a season: each value less the median of its cycle (the level), and of these the median for each place. Medians, so that a wild value, or a wild day, changes next to nothing, and a
 * level that shifts counts in its own cycle only. A steady slope ends up partly in the figure and partly in the levels, which add up to it again.
 *
 * The strength is that of Hyndman and Athanasopoulos ("Forecasting: Principles and Practice", 3rd edition, 4.3), `1 − var(remainder) / var(detrended)`, with robust variances, and the
 * remainder of each cycle taken from the figure of the other cycles: noise then has none, however few the cycles.
 * @returns undefined if fewer than three cycles are at least half known
 */
export function seasonalFigure(known: readonly Known[], season: Season): SeasonalFigure | undefined {
  const cycles = detrendedCycles(known, season);
  const byPhase = new Map<number, { cycle: number; value: number }[]>();
  for (const { cycle, phase, value } of cycles) {
    const values = byPhase.get(phase) ?? [];
    values.push({ cycle, value });
    byPhase.set(phase, values);
  }
  const count = new Set(cycles.map(({ cycle }) => cycle)).size;
  if (count < LEAST_CYCLES) return undefined;
  const adds = new Map<number, number>();
  const [detrended, remainder]: [number[], number[]] = [[], []];
  for (const [phase, values] of byPhase) {
    if (new Set(values.map(({ cycle }) => cycle)).size < LEAST_CYCLES) continue;
    adds.set(phase, median(values.map(({ value }) => value)) ?? 0);
    for (const { cycle, value } of values) {
      const others = values.filter((other) => other.cycle !== cycle);
      detrended.push(value);
      remainder.push(value - (median(others.map((other) => other.value)) ?? 0));
    }
  }
  const spread = robustScale(detrended) ** 2;
  const strength = spread === 0 ? 0 : Math.max(0, 1 - robustScale(remainder) ** 2 / spread);
  return { season, adds, cycles: count, strength };
}

/** Values less the median of their cycle, of cycles that are at least half known. */
function detrendedCycles(known: readonly Known[], { phases, placeOf }: Season): (SeasonPlace & { value: number })[] {
  const cycles = new Map<number, (SeasonPlace & { value: number })[]>();
  for (const { start, value } of known) {
    const place = placeOf(start);
    const cycle = cycles.get(place.cycle) ?? [];
    cycle.push({ ...place, value });
    cycles.set(place.cycle, cycle);
  }
  return [...cycles.values()]
    .filter((cycle) => cycle.length * 2 >= phases)
    .flatMap((cycle) => {
      const level = median(cycle.map(({ value }) => value)) ?? 0;
      return cycle.map((each) => ({ ...each, value: each.value - level }));
    });
}
