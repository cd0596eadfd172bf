import { measureSql } from "../../clickhouse/index.ts";
import { adviseName, isDerived, type Metric, type Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { findMetric, type AskedMetric } from "./asked-metric.ts";
import type { TrendRequest } from "./trend-request.ts";

/** Which groups get a series of their own: so many, ranked by the metric's first value over the range. */
export interface TopGroups {
  readonly groups: number;
  readonly by: Metric;
}

const MOST_GROUPS = 1_000;

/** Checks what a request groups by. @throws QueryError, one sentence */
export function resolveGroups(
  project: Project,
  metrics: readonly AskedMetric[],
  request: TrendRequest,
): { groupBy: readonly string[]; top: TopGroups | undefined } {
  const groupBy = request.groupBy ?? [];
  const measured = metrics.flatMap(({ parts }) => Object.values(parts));
  for (const [index, ref] of groupBy.entries()) {
    for (const metric of measured) checkDimension(metric, ref);
    if (groupBy.indexOf(ref) < index) throw new QueryError(`"${ref}" is grouped by twice.`);
  }
  return { groupBy, top: request.top === undefined ? undefined : resolveTop(project, metrics, groupBy, request.top) };
}

/** Checks that a metric has a dimension. @throws QueryError with the nearest one's name */
export function checkDimension({ dimensions, name }: Metric, ref: string): void {
  if (dimensions.includes(ref)) return;
  if (dimensions.length === 0) throw new QueryError(`Metric "${name}" has no dimensions, so none is called "${ref}".`);
  throw new QueryError(`Metric "${name}" has no dimension "${ref}": ${adviseName(ref, dimensions, `it has ${dimensions.join(", ")}.`)}`);
}

function resolveTop(
  project: Project,
  metrics: readonly AskedMetric[],
  groupBy: readonly string[],
  top: NonNullable<TrendRequest["top"]>,
): TopGroups {
  const { groups, by } = typeof top === "number" ? { groups: top, by: undefined } : top;
  if (groupBy.length === 0) throw new QueryError('"top" chooses among groups, and nothing is grouped by.');
  if (!Number.isSafeInteger(groups) || groups < 1 || groups > MOST_GROUPS) {
    throw new QueryError(`"top" is a number of groups from 1 to ${MOST_GROUPS.toLocaleString("en")}, not ${JSON.stringify(groups)}.`);
  }
  const chosen = by === undefined ? metrics[0]?.metric : findMetric(project, by);
  const metric = chosen && isDerived(chosen) ? (chosen.kind === "ratio" ? chosen.denominator : Object.values(chosen.parts)[0]) : chosen;
  if (!metric) throw new QueryError("The request names no metric.");
  for (const ref of groupBy) checkDimension(metric, ref);
  if (measureSql(metric).outputs.some(({ type }) => type === "Nullable(String)")) {
    throw new QueryError(`Groups are ranked by numbers, and the values of "${metric.name}" are text: name another metric in "top".`);
  }
  return { groups, by: metric };
}
