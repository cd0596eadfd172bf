import type { ClickHouse } from "../../clickhouse/index.ts";
import { grainOf, gridEdges, longestMs, type Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { forecastSeries, type SeriesForecast } from "./forecast-series.ts";
import { checkNumber, checkSeason, figureOf, foundSeason, type FoundSeason, type SeasonChoice } from "./signal-options.ts";
import { signalTrend, type SignalPoint, type SignalRequest, type SignalSeries, type SignalAnswer } from "./signal-series.ts";

/** How a metric may go on; the range is what is learned from. */
export interface ForecastRequest extends SignalRequest {
  /** Buckets to foretell, from the first one that is not whole yet. */
  readonly horizon: number;
  /** Share of the values to come that the interval is to hold. Default 0.9. */
  readonly level?: number;
  /** Default "auto". */
  readonly season?: SeasonChoice;
}

/** One series, and how it may go on. */
export interface ForecastedSeries extends SignalSeries {
  readonly season: FoundSeason | null;
  readonly forecast: SeriesForecast;
}

/** The buckets of the range, and those that follow. */
export interface ForecastAnswer extends SignalAnswer {
  readonly level: number;
  readonly series: readonly ForecastedSeries[];
}

/**
 * Foretells a metric, and says how good such forecasts would have been. docs/signals.md defines it.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function forecast(clickhouse: ClickHouse, project: Project, request: ForecastRequest): Promise<ForecastAnswer> {
  const { horizon, level = 0.9, season, ...asked } = request;
  checkNumber("horizon", horizon, 1, 1_000);
  if (!Number.isInteger(horizon)) throw new QueryError(`"horizon" is ${horizon}: write a whole number of buckets.`);
  checkNumber("level", level, 0.5, 0.99);
  checkSeason(season, asked.grain, asked.timezone ?? project.timezone);
  const { of, scale, series } = await signalTrend(clickhouse, project, asked, () => 0);
  return {
    ...of,
    level,
    series: series.map((each) => {
      const figure = figureOf(each.points, { ...of, scale }, season);
      const past = wholePast(each.points);
      const ahead = bucketsAfter(past.at(-1)?.end ?? of.from, horizon, of);
      // What never was below 0 is taken to have no way below it.
      const least = past.every(({ value }) => value === null || value >= 0) ? 0 : -Infinity;
      return { ...each, season: foundSeason(figure), forecast: forecastSeries(past, figure?.season, ahead, { level, least }) };
    }),
  };
}

/** The points up to the last one that is whole. */
function wholePast(points: readonly SignalPoint[]): readonly SignalPoint[] {
  return points.slice(0, points.findLastIndex(({ partial, state }) => state !== "open" && !partial) + 1);
}

function bucketsAfter(
  from: Date,
  count: number,
  { grain, timezone }: Pick<SignalAnswer, "grain" | "timezone">,
): { start: Date; end: Date }[] {
  const parsed = grainOf(grain);
  const start = from.getTime() * 1_000;
  const edges = gridEdges({ from: start, to: start + (count + 1) * longestMs(parsed) * 1_000, grain: parsed, timezone });
  return Array.from({ length: count }, (_, index) => ({
    start: new Date((edges[index] ?? 0) / 1_000),
    end: new Date((edges[index + 1] ?? 0) / 1_000),
  }));
}
