import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { clockPlaces } from "./clock-places.ts";
import { findPeriods } from "./find-periods.ts";
import type { NoiseScale } from "./noise-scale.ts";
import { seasonsOf, type SeasonName } from "./season.ts";
import { checkNumber } from "./signal-options.ts";
import { signalTrend, type SignalAnswer, type SignalPoint, type SignalRequest, type SignalSeries } from "./signal-series.ts";

/** After how long a metric comes again. */
export interface SeasonalityRequest extends SignalRequest {
  /** Share of series of noise in which a period may be found; less finds fewer. Default 0.01. */
  readonly falseAlarms?: number;
}

/** A time after which a series comes again. */
export interface SeasonalPeriod {
  /** Its length; buckets shorter than a day are counted on the clocks of the zone: a day has 24 hours. */
  readonly buckets: number;
  /** The season of the calendar that it is, if it is one. */
  readonly season: SeasonName | null;
  /** What share of the variance comes again, 0 to 1: the autocorrelation at this lag. */
  readonly strength: number;
  /** How many times the series goes through it. */
  readonly cycles: number;
}

/** One series and its periods, the strongest first; none if nothing convinces. */
export interface SeasonalitySeries extends SignalSeries {
  readonly periods: readonly SeasonalPeriod[];
}

/** What repeats in a range, and the buckets it was found in. */
export interface SeasonalityAnswer extends SignalAnswer {
  readonly falseAlarms: number;
  readonly series: readonly SeasonalitySeries[];
}

/** Time goes with the square of the buckets: 1 s for so many. */
const MOST_BUCKETS = 10_000;

/**
 * Finds what repeats in a metric. docs/signals.md defines it.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function seasonality(clickhouse: ClickHouse, project: Project, request: SeasonalityRequest): Promise<SeasonalityAnswer> {
  const { falseAlarms = 0.01, ...asked } = request;
  checkNumber("falseAlarms", falseAlarms, 0.0001, 0.2);
  const { of, scale, series } = await signalTrend(clickhouse, project, asked, () => 0);
  const most = Math.max(0, ...series.map(({ points }) => points.length));
  if (most > MOST_BUCKETS) {
    throw new QueryError(
      `Periods are looked for in ${MOST_BUCKETS.toLocaleString("en")} buckets at most, and the range has ${most.toLocaleString("en")}: choose a coarser grain.`,
    );
  }
  return { ...of, falseAlarms, series: series.map((each) => ({ ...each, periods: periodsOf(each.points, of, scale, falseAlarms) })) };
}

/** The periods of a series on its noise scale. */
export function periodsOf(
  points: readonly SignalPoint[],
  { grain, timezone }: Pick<SignalAnswer, "grain" | "timezone">,
  scale: NoiseScale,
  falseAlarms: number,
): SeasonalPeriod[] {
  const seasons = seasonsOf(grain, timezone);
  const values = clockPlaces(points, grain, timezone).map((value) => (value === undefined ? undefined : scale.forward(value)));
  return findPeriods(values, { falseAlarms, usual: seasons.map(({ phases }) => phases) }).map(({ places, strength }) => ({
    buckets: places,
    season: seasons.find(({ phases }) => phases === places)?.name ?? null,
    strength,
    cycles: Math.floor(values.length / places),
  }));
}
