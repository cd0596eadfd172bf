import { identifier } from "../clickhouse/index.ts";
import { durationMs, type Filter, type Project } from "../model/index.ts";
import { ingestedUntilSql } from "../queries/index.ts";
import { drawnOutputs, drawnSeconds, topGroupKey, valuesBy, type DrawnMetric, type ValueKey } from "./metric-values.ts";
import { GROUP_VALUE } from "./panels.ts";
import { GRID_RANGE, trendSql } from "./trend-sql.ts";

/** Which trend of a metric. */
export interface MetricTrendOptions {
  readonly metric: DrawnMetric;
  readonly filter?: Filter | undefined;
  /** A dimension, and how many groups get a line of their own. */
  readonly groups?: { readonly by: string; readonly limit: number } | undefined;
}

/** The names of a trend's values: of one with groups and a single value the group says enough. */
export function trendNames({ groups, metric }: MetricTrendOptions): readonly string[] {
  const outputs = drawnOutputs(metric);
  return outputs.map(({ name }) => (outputs.length > 1 ? name : groups ? GROUP_VALUE : metric.name));
}

/** The trend of a metric on the dashboard's grid, as `trend` of the library answers it. */
export function metricTrendSql(project: Project, options: MetricTrendOptions): string {
  const { filter, groups, metric } = options;
  const start: ValueKey = {
    name: "_start",
    of: (rollup) => `roundDown(toUnixTimestamp64Second(${rollup.bucket}), _edges)`,
  };
  const series = groups && topGroupKey(project, { metric, filter, range: GRID_RANGE }, groups.by, groups.limit);
  const names = trendNames(options);
  return trendSql({
    grouped: valuesBy(project, { metric, filter, range: GRID_RANGE, keys: [start, ...(series ? [series] : [])] }),
    isGrouped: series !== undefined,
    tableSeconds: drawnSeconds(metric),
    values: drawnOutputs(metric).map(({ empty }, index) => ({ name: names[index] ?? metric.name, empty })),
    latenessSeconds: durationMs(project.lateness) / 1_000,
    knownTo: ingestedUntilSql(project.streams, `${identifier(project.name)}.ingest_ledger`),
  });
}
