import { identifier, literal, rollupColumns, rollupTable, statesOfEvents } from "../clickhouse/index.ts";
import type { Metric, Project } from "../model/index.ts";
import { wholeRollupSql } from "../queries/index.ts";

/** A range of time, `[from, to)`: SQL expressions, DateTime64, at edges of the rollup's buckets. */
export interface RangeSql {
  readonly from: string;
  readonly to: string;
}

/**
 * The states of a metric in a range, as a subquery: the rows of its rollup, or, while that lacks history or its view, rows made of the raw events as the view would make them.
 * A panel is then right from the moment a metric is declared. Whether the rollup is whole is a scalar, computed once before the query runs (about 25 ms a panel), and the branch
 * that is not wanted reads nothing. Raw events cost 0.1 s (a sum) to 5 s (quantiles by country) a million.
 */
export function metricRows(project: Project, metric: Metric, { from, to }: RangeSql): string {
  const table = rollupTable(metric);
  const database = identifier(project.name);
  const whole = wholeRollupSql(table, project.name);
  const events = `${database}.events
WHERE NOT ${whole} AND type = ${literal(metric.event.type)} AND time >= ${from} AND time < ${to}`;
  return `(
SELECT ${rollupColumns(table).join(", ")}
FROM ${database}.${identifier(table.name)}
WHERE ${whole} AND ${table.bucket} >= ${from} AND ${table.bucket} < ${to}
UNION ALL
${statesOfEvents(table, events)}
)`;
}
