import { identifier, literal } from "../clickhouse/index.ts";
import type { FeatureSet, Project } from "../model/index.ts";
import { DRIFT_BOUNDS } from "../queries/index.ts";
import { GROUP_VALUE } from "./panels.ts";
import { GRID_RANGE, trendSql } from "./trend-sql.ts";

/** The training set and the feature chosen at the top of the dashboard. */
const TRAINING_SET = "training_set IN (${training_set:singlequote})";
const FEATURE = "feature IN (${feature:singlequote})";
/** The last moment of the rows compared: a range that ends at midnight belongs to the day before. */
const AT = "(range_to - toIntervalMicrosecond(1))";
const IN_RANGE = `${AT} >= $__fromTime_ms AND ${AT} < $__toTime_ms`;

/** The SQL behind the panels about one feature set, over the answers that `hydrograph features drift --keep` has kept. */
export interface FeaturesSql {
  /** Values of the variable: the training sets that were measured, the one measured last first. */
  readonly trainingSets: string;
  /** One number over the features as they were measured last in the range. */
  readonly number: (expression: string) => string;
  /** Seconds since the end of the rows measured last, whatever the range. */
  readonly age: string;
  /** A number of each feature over time. */
  readonly trend: (expression: string) => string;
  /** Every feature, as it was measured last in the range. */
  readonly latest: string;
  /** Bins of the chosen feature: shares in the training set, and as they were measured last in the range. */
  readonly bins: string;
  /** Shares of the chosen feature's bins over time. */
  readonly shares: string;
}

/** The SQL of one feature set. */
export function featuresSql(project: Project, { name }: FeatureSet): FeaturesSql {
  const table = `${identifier(project.name)}.feature_drift`;
  const own = `features = ${literal(name)}`;
  const chosen = `${own} AND ${TRAINING_SET}`;
  const newest = (where: string): string => `SELECT * FROM ${table}
    WHERE ${where} AND ${IN_RANGE}
    ORDER BY range_to DESC, measured_at DESC
    LIMIT 1 BY feature`;
  return {
    trainingSets: `SELECT training_set FROM ${table} WHERE ${own} GROUP BY training_set ORDER BY max(measured_at) DESC, training_set LIMIT 1000`,
    number: (expression) => `SELECT ${expression} AS value FROM (${newest(chosen)}) LIMIT 1`,
    age: `SELECT if(count() = 0, NULL, greatest(0, dateDiff('second', max(range_to), now64(6)))) AS value FROM ${table} WHERE ${chosen} LIMIT 1`,
    trend: (expression) =>
      trendSql({
        table,
        timeColumn: AT,
        tableSeconds: 1,
        where: chosen,
        latenessSeconds: 0,
        series: { expression: "feature", rank: "max(psi)", limit: MOST_LINES },
        values: [{ name: GROUP_VALUE, expression: `argMax(${expression}, (range_to, measured_at))`, empty: null }],
      }),
    latest: `SELECT feature, psi, chance, verdict, null_rate_before, null_rate, mean_before, mean, rows_before, rows, range_from, range_to, training_set
FROM (${newest(chosen)})
ORDER BY psi DESC, place
LIMIT 1000`,
    bins: `SELECT bin, before, now
FROM (${newest(`${chosen} AND ${FEATURE}`)})
ARRAY JOIN bins AS bin, shares_before AS before, shares AS now
LIMIT 1000`,
    shares: trendSql({
      grouped: `(
        SELECT roundDown(toUnixTimestamp64Second(${AT}), _edges) AS _start, _bin.1 AS _series, argMax(_bin.2, (range_to, measured_at)) AS _value0
        FROM ${table}
        ARRAY JOIN arrayZip(${NUMBERED}, shares) AS _bin
        WHERE ${chosen} AND ${FEATURE} AND ${AT} >= ${GRID_RANGE.from} AND ${AT} < ${GRID_RANGE.to}
        GROUP BY _start, _series
    )`,
      isGrouped: true,
      tableSeconds: 1,
      latenessSeconds: 0,
      values: [{ name: GROUP_VALUE, empty: null }],
    }),
  };
}

/** Features beyond these have no line of their own: those that have moved most have one. */
const MOST_LINES = 10;
/** Numbered, so that bins are drawn in their order. */
const NUMBERED = "arrayMap((text, number) -> concat(leftPad(toString(number), 2, '0'), '  ', text), bins, arrayEnumerate(bins))";

/** Expression over the features of one measurement: how many have drifted, and not by chance. */
export const DRIFTED = `countIf(psi >= ${DRIFT_BOUNDS.drifted} AND psi > chance)`;
