import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { judgeSeries, type JudgedPoint } from "./judge-series.ts";
import { checkNumber, checkSeason, figureOf, foundSeason, usualHistory, type FoundSeason, type SeasonChoice } from "./signal-options.ts";
import { signalTrend, type SignalRequest, type SignalSeries, type SignalAnswer } from "./signal-series.ts";

/** Which buckets of a range are not as was to be expected. */
export interface AnomaliesRequest extends SignalRequest {
  /** Default "auto". */
  readonly season?: SeasonChoice;
  /** How many standard deviations are an anomaly. Default 3.5. */
  readonly threshold?: number;
  /** Buckets before the range that are learned from as well. Default: four weeks of hours, twelve weeks of days … */
  readonly history?: number;
}

/** One series, judged. */
export interface AnomalySeries extends Omit<SignalSeries, "points"> {
  /** Null = it has none that explains enough. */
  readonly season: FoundSeason | null;
  /** The buckets of the range. */
  readonly points: readonly JudgedPoint[];
}

/** Every bucket of the range, with what was to be expected of it and whether it is usual. */
export interface AnomaliesAnswer extends SignalAnswer {
  readonly threshold: number;
  readonly series: readonly AnomalySeries[];
}

/**
 * Finds anomalies: buckets whose value strays from what the buckets before them and the season led to expect. docs/signals.md defines it.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function anomalies(clickhouse: ClickHouse, project: Project, request: AnomaliesRequest): Promise<AnomaliesAnswer> {
  const { history, season, threshold = 3.5, ...asked } = request;
  checkNumber("threshold", threshold, 0.1, 1_000);
  checkNumber("history", history, 0, 50_000);
  checkSeason(season, asked.grain, asked.timezone ?? project.timezone);
  const { of, scale, series } = await signalTrend(clickhouse, project, asked, (grain) => history ?? usualHistory(grain));
  return {
    ...of,
    threshold,
    series: series.map(({ points, ...name }) => {
      const figure = figureOf(points, { ...of, scale }, season);
      const judged = judgeSeries(points, figure, threshold, scale).filter(({ end }) => end > of.from);
      return { ...name, season: foundSeason(figure), points: judged };
    }),
  };
}
