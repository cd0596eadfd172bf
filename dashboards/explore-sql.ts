import { literal, type RollupTable } from "../clickhouse/index.ts";
import type { Project } from "../model/index.ts";
import { drawnDimensions, drawnOutputs, groupText, valuesBy, type DrawnMetric, type ValueKey } from "./metric-values.ts";
import { metricTrendSql, trendNames, type MetricTrendOptions } from "./metric-trend.ts";
import { periodSql } from "./period-sql.ts";

/** What is chosen at the top of the dashboard. */
const DIMENSION = "${dimension:singlequote}";
const FILTER = "CAST([${filter:singlequote}], 'Array(String)')";
const ZONE = "${zone:singlequote}";

/** The dimension of who wants no groups, and the zone of who wants the dashboard's. */
export const NO_GROUPS = "(nothing)";
export const DASHBOARD_ZONE = "dashboard";
/** Groups with a line of their own, groups in the table, and values to choose from in the filter. */
const MOST = { lines: 10, groups: 100, values: 1_000 } as const;

/** The metrics that can be explored: measured ones and ratios, whose values are numbers. */
export function explorableMetrics({ derived, metrics }: Project): readonly DrawnMetric[] {
  const ratios = derived.filter((metric) => metric.kind === "ratio");
  return [...metrics, ...ratios].filter((metric) => !drawnOutputs(metric).some(({ isText }) => isText));
}

/** The SQL behind the dashboard that explores a metric. */
export interface ExploreSql {
  /** Values for the filter, such as "country=DE"; undefined if there is nothing to filter by. */
  readonly filters: string | undefined;
  /** The metric over the range, and its change. */
  readonly total: string;
  readonly trend: string;
  /** Names of the trend's values. */
  readonly names: readonly string[];
  /** The same as `total` of each group, the largest first. */
  readonly groups: string;
}

/** The SQL of a metric by any of its dimensions, with any of their values. */
export function exploreSql(project: Project, metric: DrawnMetric): ExploreSql {
  const by = groupKey(metric);
  const chosen = (rollup: RollupTable): string => filterSql(rollup, metric);
  const zone = `if(${ZONE} = ${literal(DASHBOARD_ZONE)}, \${__timezone:singlequote}, ${ZONE})`;
  const trend: MetricTrendOptions = { metric, chosen, zone, groups: { by, limit: MOST.lines } };
  return {
    filters: drawnDimensions(metric).length === 0 ? undefined : filterValues(project, metric),
    total: periodSql(project, { metric, chosen }),
    trend: metricTrendSql(project, trend),
    names: trendNames(trend),
    groups: periodSql(project, { metric, chosen, groups: { by, limit: MOST.groups, order: "value" } }),
  };
}

/** The group of a row by the chosen dimension: without one, all rows are the metric. */
function groupKey(metric: DrawnMetric): ValueKey {
  return {
    name: "_series",
    of: (rollup) => {
      const groups = dimensionsOf(rollup, metric).map((column) => `${DIMENSION} = ${literal(column.ref)}, ${groupText(column)}`);
      return groups.length === 0 ? literal(metric.name) : `multiIf(${groups.join(", ")}, ${literal(metric.name)})`;
    },
  };
}

/** Of the values chosen for a dimension a row must have one; dimensions that none is chosen for do not matter. */
function filterSql(rollup: RollupTable, metric: DrawnMetric): string {
  const conditions = dimensionsOf(rollup, metric).map((column) => {
    const mark = literal(`${column.ref}=`);
    return `(NOT arrayExists(_wanted -> startsWith(_wanted, ${mark}), ${FILTER}) OR has(${FILTER}, concat(${mark}, ${groupText(column)})))`;
  });
  return conditions.join(" AND ") || "true";
}

function dimensionsOf({ dimensions }: RollupTable, metric: DrawnMetric): RollupTable["dimensions"] {
  const shared = drawnDimensions(metric);
  return dimensions.filter(({ ref }) => shared.includes(ref));
}

/** What each dimension holds in the range, as "dimension=value". */
function filterValues(project: Project, metric: DrawnMetric): string {
  const pairs: ValueKey = {
    name: "_pair",
    of: (rollup) => {
      const texts = dimensionsOf(rollup, metric).map((column) => `concat(${literal(`${column.ref}=`)}, ${groupText(column)})`);
      return `arrayJoin([${texts.join(", ")}])`;
    },
  };
  const values = valuesBy(project, { metric, range: { from: "$__fromTime_ms", to: "$__toTime_ms" }, keys: [pairs] });
  return `SELECT DISTINCT _pair AS filter FROM ${values} ORDER BY filter LIMIT ${MOST.values}`;
}
