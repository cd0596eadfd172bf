import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { findChanges, type Change } from "./find-changes.ts";
import { checkNumber, checkSeason, figureOf, foundSeason, type FoundSeason, type SeasonChoice } from "./signal-options.ts";
import { signalTrend, type SignalPoint, type SignalRequest, type SignalSeries, type SignalAnswer } from "./signal-series.ts";

/** Where in a range a metric took another level. */
export interface ChangesRequest extends SignalRequest {
  /** Default "auto". */
  readonly season?: SeasonChoice;
  /** What a change must explain, in squared standard deviations of the noise; more = fewer changes. Default 4 ln n of n buckets. */
  readonly penalty?: number;
}

/** One series and its changes, by time. */
export interface ChangeSeries extends SignalSeries {
  readonly season: FoundSeason | null;
  readonly changes: readonly Change[];
}

/** The changes of level in a range, and the buckets they were found in. */
export interface ChangesAnswer extends SignalAnswer {
  readonly series: readonly ChangeSeries[];
}

/** Time goes with the square of the buckets. */
const MOST_BUCKETS = 10_000;

/**
 * Finds changes of level. docs/signals.md defines them.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function changes(clickhouse: ClickHouse, project: Project, request: ChangesRequest): Promise<ChangesAnswer> {
  const { penalty, season, ...asked } = request;
  checkNumber("penalty", penalty, 0.1, 1_000_000);
  checkSeason(season, asked.grain, asked.timezone ?? project.timezone);
  const { of, scale, series } = await signalTrend(clickhouse, project, asked, () => 0);
  checkLength(series.map(({ points }) => points));
  return {
    ...of,
    series: series.map((each) => {
      const figure = figureOf(each.points, { ...of, scale }, season);
      return { ...each, season: foundSeason(figure), changes: findChanges(each.points, figure, scale, penalty) };
    }),
  };
}

function checkLength(series: readonly (readonly SignalPoint[])[]): void {
  const most = Math.max(0, ...series.map((points) => points.length));
  if (most <= MOST_BUCKETS) return;
  throw new QueryError(
    `Changes are looked for in ${MOST_BUCKETS.toLocaleString("en")} buckets at most, and the range has ${most.toLocaleString("en")}: choose a coarser grain.`,
  );
}
