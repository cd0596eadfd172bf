import { combinedState, identifier, rollupTable, type MeasureSql } from "../clickhouse/index.ts";
import type { Metric, Project } from "../model/index.ts";
import { outputsSql, partRows, START_KEY, type ValueKey, type ValuesRequest } from "./metric-values.ts";

/** Which groups have a line of their own. */
export interface TopGroups {
  readonly group: ValueKey;
  readonly limit: number;
  /** Largest by the metric's first number, or by how many rows of the rollup they have. */
  readonly rank: "value" | "rows";
}

/**
 * A subquery with the columns `_start`, `_series`, and `_value0`, `_value1` … of a metric on the grid: of its largest groups over the range, and of all others together as "(other)", merged from states, so it is
 * exact for every measure. The rows are read once: a second read, for which groups are the largest, cost as much analysis again (100 of 240 ms), and each names the grid.
 */
export function topValuesBy(
  project: Project,
  request: Omit<ValuesRequest, "metric" | "keys"> & { readonly metric: Metric },
  { group, limit, rank }: TopGroups,
): string {
  const { metric } = request;
  const rollup = rollupTable(metric);
  const { measure } = rollup;
  const states = measure.states.map((state) => `${combinedState(state)} AS ${identifier(state.name)}`);
  const counted = rank === "rows" ? ["count() AS _rows"] : [];
  return `(
SELECT _start, if(_place <= ${limit}, _group, '(other)') AS _series, ${outputsSql(metric).join(", ")}
FROM
(
    SELECT groupArray((${["_start", ...stateNames(measure)].join(", ")})) AS _states, _group,
        row_number() OVER (ORDER BY ${rank === "rows" ? "sum(_rows)" : (measure.outputs[0]?.merged ?? "")} DESC NULLS LAST, _group) AS _place
    FROM
    (
        SELECT ${[`${START_KEY.of(rollup)} AS _start`, `${group.of(rollup)} AS _group`, ...states, ...counted].join(", ")}
        ${partRows(project, metric, request)}
        GROUP BY _start, _group
    )
    GROUP BY _group
)
ARRAY JOIN ${["_start", ...stateNames(measure)].map((name, index) => `_states.${index + 1} AS ${name}`).join(", ")}
GROUP BY _start, _series
)`;
}

function stateNames({ states }: MeasureSql): string[] {
  return states.map(({ name }) => identifier(name));
}
