import { measureSql, rollupTable, type DimensionColumn, type Statement } from "../../clickhouse/index.ts";
import { bucketSql, type BoundSql } from "../trends/bucket-sql.ts";
import { filterSql } from "../trends/dimension-filter.ts";
import type { ResolvedTrend } from "../trends/resolve-request.ts";

const MICROS = "toUnixTimestamp64Micro(time)";

/**
 * One row for each bucket and series that late events came into: `start`, `end` (microseconds), `g0` … the dimensions, `b0` … the values over the events that were
 * stored before the cut, `n0` … over all, `late`, `first_at`, `last_at`. An event is late if it was stored at or after its bucket's cut.
 * @param lateness microseconds from a bucket's end to its cut
 * @param since the cut of all buckets that are final by then, microseconds since 1970; undefined = each has its own
 */
export function revisionsStatement(
  resolved: ResolvedTrend,
  { lateness, limit, since }: { readonly lateness: number; readonly limit: number; readonly since: number | undefined },
): Statement {
  const { edges, filters, metric } = resolved;
  const start = bucketSql(edges, MICROS);
  const end = bucketEndSql(edges);
  const cut = since === undefined ? `${end.sql} + {lateness:Int64}` : "{since:Int64}";
  const isLate = `toUnixTimestamp64Micro(stored_at) >= ${cut}`;
  const groups = dimensionsOf(resolved);
  const before = measureSql(metric, `NOT (${isLate})`).outputs.map(({ raw }, index) => `${raw} AS b${index}`);
  const now = measureSql(metric).outputs.map(({ raw }, index) => `${raw} AS n${index}`);
  const conditions = [
    "type = {type:String}",
    "time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')",
    ...(since === undefined ? [] : [`${end.sql} + {lateness:Int64} <= {since:Int64}`]),
    ...filters.flatMap((filter, index) =>
      rollupTable(metric)
        .dimensions.filter(({ ref }) => ref === filter.ref)
        .map(({ expression }) => filterSql(filter, expression, `filter_${index}`)),
    ),
  ];
  const columns = [
    `${start.sql} AS start`,
    `${end.sql} AS end`,
    ...groups.map(({ expression }, index) => `${expression} AS g${index}`),
    ...before,
    ...now,
    `countIf(${isLate}) AS late`,
    `minIf(toUnixTimestamp64Micro(stored_at), ${isLate}) AS first_at`,
    `maxIf(toUnixTimestamp64Micro(stored_at), ${isLate}) AS last_at`,
  ];
  const keys = Array.from({ length: 2 + groups.length }, (_, index) => index + 1);
  return {
    name: `Revisions of ${metric.name}`,
    sql: `SELECT ${columns.join(",\n  ")}
FROM events
WHERE ${conditions.join(" AND ")}
GROUP BY ${keys.join(", ")}
HAVING late > 0
ORDER BY start DESC${groups.map((_, index) => `, g${index} ASC NULLS LAST`).join("")}
LIMIT {limit:UInt32}`,
    params: {
      ...start.params,
      ...end.params,
      ...Object.fromEntries(filters.map(({ values }, index) => [`filter_${index}`, values])),
      type: metric.event.type,
      from: edges[0],
      to: edges.at(-1),
      lateness,
      limit,
      ...(since === undefined ? {} : { since }),
    },
    settings: { prefer_column_name_to_alias: 1 },
  };
}

/** The dimensions that are grouped by, in the order asked for. */
export function dimensionsOf({ groupBy, metric }: ResolvedTrend): readonly DimensionColumn[] {
  const { dimensions } = rollupTable(metric);
  return groupBy.flatMap((ref) => dimensions.filter((dimension) => dimension.ref === ref));
}

/** The end of the bucket that a moment lies in: the least edge after it, which is the greatest edge before it where time runs backwards. */
function bucketEndSql(edges: readonly number[]): BoundSql {
  const backwards = edges.map((edge) => -edge).toReversed();
  const { params, sql } = bucketSql(backwards, `(-${MICROS} - 1)`);
  return {
    sql: `(-(${sql.replaceAll(/\{(\w+):/g, "{end_$1:")}))`,
    params: Object.fromEntries(Object.entries(params).map(([name, value]) => [`end_${name}`, value])),
  };
}
