import { literal } from "../clickhouse/index.ts";
import type { Metric, Project } from "../model/index.ts";
import { groupKey } from "./metric-values.ts";
import { periodBounds, periodValues } from "./period-sql.ts";

/** Groups of a metric that are shown. */
const EACH = 3;

/** The metrics whose groups' changes add up, and that have groups. */
export function movingMetrics({ metrics }: Project): readonly Metric[] {
  return metrics.filter(({ dimensions, measure }) => dimensions.length > 0 && (measure.kind === "count" || measure.kind === "sum"));
}

/**
 * The groups of several metrics, each by its first dimension, that changed most from as long a time before: at most three of each, by their share of the metric's value before.
 * Columns: `metric`, `group`, `before`, `now` (as much of the range as is known), `difference`, `share` (the difference, of all of the metric before).
 */
export function topMoversSql(project: Project, metrics: readonly Metric[]): string {
  const parts = metrics.map((metric) => `SELECT * FROM (${moversOf(project, metric)})`);
  return `SELECT *
FROM
(
${parts.join("\nUNION ALL\n")}
)
ORDER BY abs(share) DESC NULLS LAST, metric, group
LIMIT ${EACH * metrics.length}`;
}

function moversOf(project: Project, metric: Metric): string {
  const by = metric.dimensions[0] ?? "";
  return `WITH ${periodBounds(project, metric)}
SELECT ${literal(metric.name)} AS metric, concat(${literal(`${by}: `)}, _series) AS group, toFloat64(_before) AS before, toFloat64(_known) AS now,
    now - before AS difference, if(_all = 0, NULL, difference / abs(_all)) AS share
FROM (SELECT *, sum(ifNull(_before, 0)) OVER () AS _all FROM ${periodValues(project, { metric, group: groupKey(by) })})
WHERE _known != _before
ORDER BY abs(difference) DESC, group
LIMIT ${EACH}`;
}
