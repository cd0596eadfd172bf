import { fixedGrainMs, grainOf, isTimeZone, nearestName, parseGrain } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { bestFigure, seasonalFigure, type Known, type SeasonalFigure } from "./seasonal-figure.ts";
import { seasonsOf, type SeasonName } from "./season.ts";
import { isTrained, type SignalAnswer, type SignalPoint, type SignalTrend } from "./signal-series.ts";

/** Which season values are taken less: "auto" = the one that explains most, if one explains enough; or none; or this one. */
export type SeasonChoice = "auto" | "none" | SeasonName;

/** The season that was found in a series. */
export interface FoundSeason {
  readonly name: SeasonName;
  /** By what share it lessens the mean distance of values from what was to be expected, 0 to 1. */
  readonly strength: number;
  /** Cycles it was learned from. */
  readonly cycles: number;
}

const CHOICES: readonly SeasonChoice[] = ["auto", "none", "day", "week", "year"];
const DAY = 86_400_000;

/** Checks a choice of season against a grain; a grain or zone that is none is left to the trend to tell. @throws QueryError if buckets of the grain cannot have it */
export function checkSeason(choice: SeasonChoice | undefined, grain: string, timezone: string): void {
  if (choice === undefined || choice === "auto" || choice === "none") return;
  if (!CHOICES.includes(choice)) {
    const nearest = nearestName(choice, CHOICES);
    throw new QueryError(
      `There is no season ${JSON.stringify(choice)}: ${nearest === undefined ? "write auto, none, day, week or year." : `did you mean "${nearest}"?`}`,
    );
  }
  if (!parseGrain(grain) || !isTimeZone(timezone)) return;
  const names = seasonsOf(grain, timezone).map(({ name }) => name);
  if (!names.includes(choice))
    throw new QueryError(`Buckets of ${grain} have no season of a ${choice}: they have ${names.join(" or ") || "none"}.`);
}

/** The season of a series on its noise scale. */
export function figureOf(
  points: readonly SignalPoint[],
  { grain, scale, timezone }: Pick<SignalAnswer, "grain" | "timezone"> & Pick<SignalTrend, "scale">,
  choice: SeasonChoice = "auto",
): SeasonalFigure | undefined {
  if (choice === "none") return undefined;
  const known = points.filter(isTrained).map(({ start, value }): Known => ({ start, value: scale.forward(value) }));
  const seasons = seasonsOf(grain, timezone);
  if (choice === "auto") return bestFigure(known, seasons);
  const season = seasons.find(({ name }) => name === choice);
  return season && seasonalFigure(known, season);
}

/** What an answer says of a figure. */
export function foundSeason(figure: SeasonalFigure | undefined): FoundSeason | null {
  return figure ? { name: figure.season.name, strength: figure.strength, cycles: figure.cycles } : null;
}

/**
 * How many buckets before the range are learned from, unless said: four weeks of buckets shorter than a day (three days of those shorter than five minutes), twelve weeks of days, four years of anything longer.
 */
export function usualHistory(grain: string): number {
  const parsed = grainOf(grain);
  const length = fixedGrainMs(parsed);
  if (length !== undefined) return Math.ceil(((length < 300_000 ? 3 : 28) * DAY) / length);
  if (parsed.unit === "day") return Math.ceil(84 / parsed.count);
  const perYear = { week: 52, month: 12, quarter: 4, year: 1 } as const;
  return Math.ceil((4 * (perYear[parsed.unit as keyof typeof perYear] ?? 1)) / parsed.count);
}

/** Checks a number of an option. @throws QueryError if it is not within the bounds */
export function checkNumber(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isFinite(value) && value >= least && value <= most)) return;
  throw new QueryError(`"${name}" is ${String(value)}: write a number from ${least} to ${most}.`);
}
