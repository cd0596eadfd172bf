import { combinedState, emptyState, identifier, rollupTable, type StateColumn } from "../clickhouse/index.ts";
import { isDerived, type Metric, type Project } from "../model/index.ts";
import {
  numberSql,
  outputsSql,
  partRows,
  ratioSql,
  START_KEY,
  type DrawnMetric,
  type ValueKey,
  type ValuesRequest,
} from "./metric-values.ts";

/** Which groups have a line of their own. */
export interface TopGroups {
  readonly group: ValueKey;
  readonly limit: number;
  /** Largest by the metric's first number (of a ratio its denominator's), or by how many rows of the rollup they have. */
  readonly rank: "value" | "rows";
}

/** A metric that rows are read of, and what its states are called among those of the others. */
interface Part {
  readonly metric: Metric;
  readonly states: readonly StateColumn[];
  readonly prefix: string;
  /** Whether groups are ranked by it; one that has none of its rows has no line of its own. */
  readonly ranks: boolean;
}

/**
 * A subquery with the columns `_start`, `_series`, and `_value0`, `_value1` … of a metric on the grid: of its largest groups over the range, and of all others together as "(other)", merged from states, so it is
 * exact for every measure. The rows are read once: a second read, for which groups are the largest, cost as much analysis again (100 of 240 ms), and each names the grid.
 */
export function topValuesBy(
  project: Project,
  { metric, ...request }: Omit<ValuesRequest, "keys">,
  { group, limit, rank }: TopGroups,
): string {
  const parts = partsOfMetric(metric);
  const states = parts.flatMap((part) => part.states.map(({ name }) => identifier(`${part.prefix}${name}`)));
  const ranking = parts.find(({ ranks }) => ranks);
  const largest = `${rank === "value" && ranking ? firstOutput(ranking) : "sum(_rows)"} DESC NULLS LAST, _group`;
  const rows = parts.map((part) => {
    const rollup = rollupTable(part.metric);
    const columns = [`${START_KEY.of(rollup)} AS _start`, `${group.of(rollup)} AS _group`, ...statesOf(part, parts)];
    return `        SELECT ${columns.join(", ")}, ${part.ranks ? "count()" : "0"} AS _rows
        ${partRows(project, part.metric, request)}
        GROUP BY _start, _group`;
  });
  return `(
SELECT _start, if(_place <= ${limit} AND _ranked, _group, '(other)') AS _series, ${valuesOf(metric, parts).join(", ")}
FROM
(
    SELECT groupArray((${["_start", ...states].join(", ")})) AS _states, _group, sum(_rows) > 0 AS _ranked,
        row_number() OVER (ORDER BY _ranked DESC, ${largest}) AS _place
    FROM
    (
${rows.join("\n        UNION ALL\n")}
    )
    GROUP BY _group
)
ARRAY JOIN ${["_start", ...states].map((name, index) => `_states.${index + 1} AS ${name}`).join(", ")}
GROUP BY _start, _series
)`;
}

function partsOfMetric(metric: DrawnMetric): Part[] {
  if (!isDerived(metric)) return [partOf(metric, "", true)];
  return [partOf(metric.numerator, "_above_", false), partOf(metric.denominator, "_below_", true)];
}

function partOf(metric: Metric, prefix: string, ranks: boolean): Part {
  return { metric, states: rollupTable(metric).measure.states, prefix, ranks };
}

/** The states of a part's rows: its own, and empty ones for the other parts. */
function statesOf(own: Part, parts: readonly Part[]): string[] {
  return parts.flatMap((part) =>
    part.states.map(
      (state) => `${part === own ? combinedState(state) : emptyState(state)} AS ${identifier(`${part.prefix}${state.name}`)}`,
    ),
  );
}

/** SQL over the columns of a rollup, with the names that its states have here. */
function named({ prefix, states }: Part, sql: string): string {
  return states.reduce((text, { name }) => text.replaceAll(identifier(name), identifier(`${prefix}${name}`)), sql);
}

function valuesOf(metric: DrawnMetric, [first, second]: readonly Part[]): string[] {
  if (!isDerived(metric)) return outputsSql(metric);
  return [ratioSql(metric, numberSql(first && firstOutput(first)), numberSql(second && firstOutput(second)))];
}

function firstOutput(part: Part): string | undefined {
  const [output] = rollupTable(part.metric).measure.outputs;
  return output && named(part, output.merged);
}
