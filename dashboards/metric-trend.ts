import { identifier, type RollupTable } from "../clickhouse/index.ts";
import { durationMs, type Filter, type Project } from "../model/index.ts";
import { ingestedUntilSql } from "../queries/index.ts";
import {
  drawnOutputs,
  drawnSeconds,
  groupKey,
  START_KEY,
  valuesBy,
  type DrawnMetric,
  type ValueKey,
  type ValuesRequest,
} from "./metric-values.ts";
import { GROUP_VALUE } from "./panels.ts";
import { topValuesBy, type TopGroups } from "./top-groups.ts";
import { GRID_REACH, inGrid, trendSql } from "./trend-sql.ts";

interface Groups {
  readonly by: string | ValueKey;
  readonly limit: number;
  /** Default: by value, as `top` of a trend. */
  readonly rank?: TopGroups["rank"];
}

/** Which trend of a metric. */
export interface MetricTrendOptions {
  readonly metric: DrawnMetric;
  readonly filter?: Filter | undefined;
  /** A dimension, or what else groups are told by, and how many get a line of their own. */
  readonly groups?: Groups | undefined;
  /** What is chosen when the dashboard is viewed: which rows count, and the zone of the grid. */
  readonly chosen?: Pick<ValuesRequest, "chosen">["chosen"];
  readonly zone?: string;
}

/** The names of a trend's values: of one with groups and a single value the group says enough. */
export function trendNames({ groups, metric }: MetricTrendOptions): readonly string[] {
  const outputs = drawnOutputs(metric);
  return outputs.map(({ name }) => (outputs.length > 1 ? name : groups ? GROUP_VALUE : metric.name));
}

/** The trend of a metric on the dashboard's grid, as `trend` of the library answers it. */
export function metricTrendSql(project: Project, options: MetricTrendOptions): string {
  const { chosen, filter, groups, metric, zone } = options;
  const inRange = (rollup: RollupTable): string => inGrid(rollup.bucket, chosen?.(rollup));
  const request = { metric, filter, chosen: inRange, range: GRID_REACH };
  const names = trendNames(options);
  const group = typeof groups?.by === "string" ? groupKey(groups.by) : groups?.by;
  return trendSql({
    grouped:
      groups && group
        ? topValuesBy(project, request, { rank: "value", ...groups, group })
        : valuesBy(project, { ...request, keys: [START_KEY] }),
    isGrouped: groups !== undefined,
    tableSeconds: drawnSeconds(metric),
    values: drawnOutputs(metric).map(({ empty }, index) => ({ name: names[index] ?? metric.name, empty })),
    latenessSeconds: durationMs(project.lateness) / 1_000,
    knownTo: ingestedUntilSql(project.streams, `${identifier(project.name)}.ingest_ledger`),
    ...(zone === undefined ? {} : { zone }),
  });
}
