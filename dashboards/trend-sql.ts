import { dashboardGrid, gridReach, gridSql } from "./grid-sql.ts";
import type { RangeSql } from "./metric-rows.ts";

/** A number of each bucket. */
export interface TrendValue {
  /** Column name in the answer: the name of the series in Grafana. */
  readonly name: string;
  /** Aggregate over the rows of a bucket. */
  readonly expression: string;
  /** What a bucket without rows shows. */
  readonly empty: 0 | null;
  /** Divides by the seconds that the bucket lasts, DST counted. */
  readonly perSecond?: boolean;
}

/** One line, or stack of bars, per group. */
export interface TrendSeries {
  /** Text that names a row's group. */
  readonly expression: string;
  /** Aggregate that says which groups are worth a line of their own. */
  readonly rank: string;
  /** This many get one; the rest is put together as "(other)". */
  readonly limit: number;
}

/** What a trend panel shows: any values in buckets of the dashboard's grid. */
interface TrendFrame {
  /** Length of the buckets that the values come from; 1 for raw rows. */
  readonly tableSeconds: number;
  /** A bucket is not final until this many seconds after its end. */
  readonly latenessSeconds: number;
  /** Until when the rows are known to be there, `Nullable(DateTime64)` (null = nobody knows): later buckets are not final. Default: the present. */
  readonly knownTo?: string;
  /** SQL of the zone of the grid. Default: the dashboard's. */
  readonly zone?: string;
  /** For panels that cannot draw it apart: one column for each value, final or not. */
  readonly together?: true;
}

/** Values of any table with a time column. */
export interface TrendOptions extends TrendFrame {
  /** Quoted, with its database; or a subquery, which may use {@link GRID_RANGE}. */
  readonly table: string;
  /** A `DateTime64` column of the table. */
  readonly timeColumn: string;
  readonly where?: string;
  readonly series?: TrendSeries;
  readonly values: readonly TrendValue[];
}

/** Values that are gathered already. */
export interface GatheredTrendOptions extends TrendFrame {
  /** A subquery with the columns `_start` (an edge of the grid), `_series` if there are groups, and `_value0`, `_value1` …; it may use {@link GRID_RANGE}. */
  readonly grouped: string;
  readonly isGrouped: boolean;
  readonly values: readonly Omit<TrendValue, "expression">[];
}

/** The range that the grid covers, for a subquery that stands for the table. */
export const GRID_RANGE = { from: "toDateTime64(_edges[1], 0, 'UTC')", to: "toDateTime64(_edges[-1], 0, 'UTC')" } as const;

/** Holds {@link GRID_RANGE} and a little more, without its cost; rows are told apart by the grid. */
export const GRID_REACH: RangeSql = {
  ...gridReach(dashboardGrid(1)),
  cuts: { moments: [], fits: (seconds) => `(SELECT arrayAll(edge -> edge % ${seconds} = 0, _edges))` },
};

/** Ends the name of the column that holds what is not final yet, so that panels can draw it differently. */
export const NOT_FINAL = " (not final)";

const NOW = "toUnixTimestamp(now())";

/**
 * A trend as Grafana's time series: columns `time` (start of the bucket), `series` if there are groups, and for each value two columns: `name` where the
 * bucket is final, `name (not final)` where it is open (not over, or not wholly known) or late events may still come; buckets that have not begun are null in both.
 * Every bucket of the range appears for every group, in ascending time. The first bucket is whole even where the range begins within it.
 * Names of its own begin with "_", so that they meet no column of the table.
 */
export function trendSql(options: TrendOptions | GatheredTrendOptions): string {
  const { knownTo, latenessSeconds, tableSeconds, together, values, zone } = options;
  const isGrouped = "grouped" in options ? options.isGrouped : options.series !== undefined;
  const grid = dashboardGrid(tableSeconds);
  const columns = values.flatMap((value, index) => valueColumns(value, index + 2, together ? undefined : latenessSeconds));
  return `WITH ${gridSql(zone === undefined ? grid : { ...grid, zone })} AS _edges,
    ${knownTo === undefined ? NOW : `least(${NOW}, ifNull(toUnixTimestamp64Second(${knownTo}), 0))`} AS _known
SELECT
    toDateTime(_edge, 'UTC') AS time,
${[...(isGrouped ? ["    _series AS series"] : []), ...columns].join(",\n")}
FROM
(
    SELECT ${isGrouped ? "_series, " : ""}groupArray((_start, ${values.map((_, index) => `_value${index}`).join(", ")})) AS _points
    FROM
    ${"grouped" in options ? options.grouped : gathered(options)}${isGrouped ? "\n    GROUP BY _series" : ""}
)
ARRAY JOIN arrayPopBack(_edges) AS _edge, arrayPopFront(_edges) AS _next
ORDER BY time${isGrouped ? ", series" : ""}`;
}

/** The values of each bucket and group that has rows. */
function gathered({ series, table, timeColumn, values, where }: TrendOptions): string {
  const seriesOf = series && groupExpression(table, timeColumn, series, where);
  return `(
        SELECT
            roundDown(toUnixTimestamp64Second(${timeColumn}), _edges) AS _start,
${[...(seriesOf ? [`            ${seriesOf} AS _series`] : []), ...values.map(({ expression }, index) => `            ${expression} AS _value${index}`)].join(",\n")}
        FROM ${table}
        WHERE ${inGrid(timeColumn, where)}
        GROUP BY _start${series ? ", _series" : ""}
    )`;
}

/** The condition that a time lies in the grid. */
export function inGrid(timeColumn: string, where?: string): string {
  const range = `${timeColumn} >= ${GRID_RANGE.from} AND ${timeColumn} < ${GRID_RANGE.to}`;
  return where === undefined ? range : `${range} AND ${where}`;
}

/** The group of a row: its own name if it is among the first, by rank over the whole range. Two scans give "(other)" exactly for every measure, not only for sums. */
function groupExpression(table: string, timeColumn: string, { expression, rank, limit }: TrendSeries, where: string | undefined): string {
  const first = `SELECT ${expression} AS _name FROM ${table} WHERE ${inGrid(timeColumn, where)} GROUP BY _name ORDER BY ${rank} DESC, _name LIMIT ${limit}`;
  return `if(${expression} IN (${first}), ${expression}, '(other)')`;
}

/** @param latenessSeconds undefined = what is not final is in the same column */
function valueColumns(
  { name, empty, perSecond = false }: Omit<TrendValue, "expression">,
  place: number,
  latenessSeconds: number | undefined,
): string[] {
  const found = `_points[indexOf(_points.1, _edge)].${place}`;
  const known = `if(has(_points.1, _edge), ${found}, ${empty === null ? "NULL" : "0"})`;
  const value = perSecond ? `${known} / (_next - _edge)` : known;
  if (latenessSeconds === undefined) return [`    if(_edge > ${NOW}, NULL, ${value}) AS \`${name}\``];
  const final = `_next + ${latenessSeconds} <= _known`;
  return [
    `    if(${final}, ${value}, NULL) AS \`${name}\``,
    `    if(${final} OR _edge > ${NOW}, NULL, ${value}) AS \`${name}${NOT_FINAL}\``,
  ];
}
