import { median } from "./median.ts";
import type { Season, SeasonPlace } from "./season.ts";
import { trailingLevels } from "./trailing-level.ts";

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
  /** By what share it lessens the mean distance of values from what was to be expected, in cycles that it has not seen; 0 = it does not. */
  readonly strength: number;
}

/** A place is known from so many cycles, and a season is believed at so many. */
const LEAST_CYCLES = 3;
/** A season that lessens the distance by less than this is none, and so is a longer one that does not lessen it by this again. */
const LEAST_STRENGTH = 0.1;
/** So many times the median distance is far off. */
const FAR = 5;

/**
 * The season that helps, if one does: a longer one must help clearly more than a shorter one.
 * @param seasons those to choose from, the shortest first
 */
export function bestFigure(known: readonly Known[], seasons: readonly Season[]): SeasonalFigure | undefined {
  const figures = seasons.flatMap((season) => seasonalFigure(known, season) ?? []);
  return figures.reduce<SeasonalFigure | undefined>((best, figure) => {
    const left = best ? 1 - best.strength : 1;
    return 1 - figure.strength < left * (1 - LEAST_STRENGTH) ? figure : best;
  }, undefined);
}

/**
 * Learns a season: each value less the median of its cycle, and of these the median for each place. Medians, so that a wild value, or a wild day, changes next to nothing, and a
 * level that shifts counts in its own cycle only. A steady slope ends up partly in the figure and partly in the levels, which add up to it again.
 * @returns undefined if fewer than three cycles are at least half known
 */
export function seasonalFigure(known: readonly Known[], season: Season): SeasonalFigure | undefined {
  const byPhase = new Map<number, Detrended[]>();
  const cycles = new Set<number>();
  for (const detrended of detrendedCycles(known, season)) {
    cycles.add(detrended.cycle);
    const values = byPhase.get(detrended.phase) ?? [];
    values.push(detrended);
    byPhase.set(detrended.phase, values);
  }
  if (cycles.size < LEAST_CYCLES) return undefined;
  for (const [phase, values] of byPhase) if (new Set(values.map(({ cycle }) => cycle)).size < LEAST_CYCLES) byPhase.delete(phase);
  const adds = new Map([...byPhase].map(([phase, values]) => [phase, middle(values)]));
  return { season, adds, cycles: cycles.size, strength: strengthOf(known, season, byPhase) };
}

/**
 * Compares the distances from the trailing level with and without the season. What the season adds to a value is learned from the other cycles: noise then has no season, however few the cycles.
 */
function strengthOf(known: readonly Known[], season: Season, byPhase: ReadonlyMap<number, readonly Detrended[]>): number {
  const without = known.map(({ value }) => value);
  const added = known.map(({ start }) => {
    const { cycle, phase } = season.placeOf(start);
    const values = byPhase.get(phase);
    return values && middle(values.filter((other) => other.cycle !== cycle));
  });
  const less = without.map((value, index) => (added[index] === undefined ? undefined : value - added[index]));
  const [plain, seasonal] = [without, less].map(distances);
  // What is far off with the season and without, a spike or a shift, says nothing about the season.
  const far = FAR * (median((plain ?? []).filter((distance) => distance !== undefined)) ?? 0) || Infinity;
  let [all, left] = [0, 0];
  for (const [index, distance] of (seasonal ?? []).entries()) {
    const other = plain?.[index];
    if (distance === undefined || other === undefined || Math.min(distance, other) > far) continue;
    all += other;
    left += distance;
  }
  return all === 0 ? 0 : Math.max(0, 1 - left / all);
}

function distances(values: readonly (number | undefined)[]): (number | undefined)[] {
  return trailingLevels(values).map(({ level }, index) => {
    const value = values[index];
    return value === undefined || level === undefined ? undefined : Math.abs(value - level);
  });
}

interface Detrended extends SeasonPlace {
  readonly value: number;
}

function middle(values: readonly Detrended[]): number {
  return median(values.map(({ value }) => value)) ?? 0;
}

/** Values less the median of their cycle, of cycles that are at least half known. */
function detrendedCycles(known: readonly Known[], { phases, placeOf }: Season): Detrended[] {
  const cycles = new Map<number, Detrended[]>();
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
