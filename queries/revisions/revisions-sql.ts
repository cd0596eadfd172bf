import { fieldSql, measureSql, type DimensionColumn, type Statement } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { filterSql } from "../filter/filter-sql.ts";
import type { ResolvedFilter } from "../filter/resolve-filter.ts";
import { bucketSql } from "../trends/bucket-sql.ts";

const MICROS = "toUnixTimestamp64Micro(time)";

/** A question that has been checked. Times in microseconds since 1970. */
export interface ResolvedRevisions {
  readonly metric: Metric;
  readonly filters: readonly ResolvedFilter[];
  readonly dimensions: readonly DimensionColumn[];
  /** Edges of the buckets. */
  readonly edges: readonly number[];
  /** From a bucket's end to its cut. */
  readonly lateness: number;
  /** The cut of all buckets that are final by then; undefined = each has its own. */
  readonly against: number | undefined;
  readonly limit: number;
}

/**
 * One row for each bucket and series that late events came into: `start`, `end` (microseconds), `g0` … the dimensions, `b0` … the values over the events that were
 * stored before the cut, `n0` … over all, `late`, `first_at`, `last_at`. An event is late if it was stored at or after its bucket's cut.
 */
export function revisionsStatement({ against, dimensions, edges, filters, lateness, limit, metric }: ResolvedRevisions): Statement {
  const bindings = new Bindings();
  const start = bucketSql(edges, MICROS, bindings);
  const end = bucketEndSql(edges, bindings);
  const ownCut = `${end} + ${bindings.bind("Int64", lateness)}`;
  const cut = against === undefined ? ownCut : bindings.bind("Int64", against);
  const isLate = `toUnixTimestamp64Micro(stored_at) >= ${cut}`;
  const before = measureSql(metric, `NOT (${isLate})`).outputs.map(({ raw }, index) => `${raw} AS b${index}`);
  const now = measureSql(metric).outputs.map(({ raw }, index) => `${raw} AS n${index}`);
  const [from = 0, to = 0] = [edges[0], edges.at(-1)];
  const conditions = [
    `type = ${bindings.bind("String", metric.event.type)}`,
    `time >= ${bindings.moment(Math.max(0, from))} AND time < ${bindings.moment(Math.max(0, to))}`,
    ...(against === undefined ? [] : [`${ownCut} <= ${cut}`]),
    ...filters.map((filter) => filterSql(filter, fieldSql(filter.field).expression, bindings)),
  ];
  const columns = [
    `${start} AS start`,
    `${end} AS end`,
    ...dimensions.map(({ expression }, index) => `${expression} AS g${index}`),
    ...before,
    ...now,
    `countIf(${isLate}) AS late`,
    `minIf(toUnixTimestamp64Micro(stored_at), ${isLate}) AS first_at`,
    `maxIf(toUnixTimestamp64Micro(stored_at), ${isLate}) AS last_at`,
  ];
  const keys = Array.from({ length: 2 + dimensions.length }, (_, index) => index + 1);
  return {
    name: `Revisions of ${metric.name}`,
    sql: `SELECT ${columns.join(",\n  ")}
FROM events
WHERE ${conditions.join(" AND ")}
GROUP BY ${keys.join(", ")}
HAVING late > 0
ORDER BY start DESC${dimensions.map((_, index) => `, g${index} ASC NULLS LAST`).join("")}
LIMIT ${bindings.bind("UInt32", limit)}`,
    params: bindings.params,
    settings: { prefer_column_name_to_alias: 1 },
  };
}

/** The end of the bucket that a moment lies in: the least edge after it, which is the greatest edge before it where time runs backwards. */
function bucketEndSql(edges: readonly number[], bindings: Bindings): string {
  return `(-(${bucketSql(edges.map((edge) => -edge).toReversed(), `(-${MICROS} - 1)`, bindings)}))`;
}
