import { fieldSql, type Statement } from "../../clickhouse/index.ts";
import type { Field, TimeRange } from "../../model/index.ts";
import { atOrBefore } from "../watermark.ts";
import { Bindings } from "../bindings.ts";
import type { Entity } from "./entity.ts";
import { selectorSql, type ResolvedSelector } from "./event-selector.ts";
import { orderKey, type OrderKey, type PositionBounds } from "./order-key.ts";
import { percentileSql } from "./percentile-sql.ts";
import type { ResolvedRange } from "./resolve-range.ts";
import type { Snapshot } from "../snapshot.ts";

/** What is walked: who enters in `[from, to)`, and gets how far within the window. All times in microseconds. */
export interface FunnelWalk extends TimeRange {
  readonly steps: readonly ResolvedSelector[];
  readonly window: number;
  readonly entity: Entity;
  readonly by: Field | undefined;
}

/** A funnel that has been checked. */
export interface ResolvedFunnel extends FunnelWalk, ResolvedRange {}

/**
 * One row a group: `g` the value of `by`, `n1`, `n2` … the entities that reached each step, `open`, and for each step from the second on `p2_5`, `p2_9` the percentiles since the
 * step before and `f2_5`, `f2_9` those since the first, in microseconds.
 *
 * One pass gathers for each entity the least key of the first step and the keys of the others; then each step takes the least key above the one before.
 * `windowFunnel` is not used: it lets one event make several steps, orders ties by condition and not by the log, tells no times, and takes longer (docs/decisions/0019-funnels.md).
 */
export function funnelStatement(
  funnel: ResolvedFunnel,
  bounds: PositionBounds,
  { watermark, knownTo }: Snapshot,
  limit: number,
): Statement {
  const bindings = new Bindings();
  const key = orderKey(bounds, bindings);
  const { steps } = funnel;
  const walks = walksSql(funnel, key, bindings, atOrBefore(watermark, bindings));
  const times = steps.map((_, index) => `toInt64(intDiv(k${index + 1}, ${key.unit})) AS t${index + 1}`);
  const counts = steps.map((_, index) => `countIf(k${index + 1} > 0) AS n${index + 1}`);
  const durations = steps
    .slice(1)
    .flatMap((_, index) => [
      `arraySort(groupArrayIf(t${index + 2} - t${index + 1}, k${index + 2} > 0)) AS p${index + 2}`,
      `arraySort(groupArrayIf(t${index + 2} - t1, k${index + 2} > 0)) AS f${index + 2}`,
    ]);
  const percentiles = steps
    .slice(1)
    .flatMap((_, index) =>
      ["p", "f"].flatMap((name) =>
        [5, 9].map((tenths) => `${percentileSql(`${name}${index + 2}`, tenths)} AS ${name}${index + 2}_${tenths}`),
      ),
    );
  const known = Number.isFinite(knownTo) ? bindings.bind("Int64", Math.round(knownTo)) : "-1";
  const open = `countIf(k${steps.length} = 0 AND t1 + ${bindings.bind("Int64", funnel.window)} > ${known}) AS open`;
  return {
    name: "Funnel",
    sql: `SELECT g, open, ${[...steps.map((_, index) => `n${index + 1}`), ...percentiles].join(", ")}
FROM (SELECT g, ${[open, ...counts, ...durations].join(", ")}
FROM (SELECT *, ${times.join(", ")} FROM (${walks}))
GROUP BY g)
ORDER BY n1 DESC
LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
  };
}

/**
 * One row an entity that entered: `g` and `k1`, `k2` … the keys of the events that made its steps, 0 where it made none.
 * @param atPosition SQL of whether a row counts at all
 * @param table quoted
 */
export function walksSql(funnel: FunnelWalk, key: OrderKey, bindings: Bindings, atPosition: string, table = "events"): string {
  const { steps, from, to, window, entity, by } = funnel;
  const [first = "false", ...later] = steps.map((step) => selectorSql(step, bindings));
  const entrance = `(${first} AND time < ${bindings.moment(to)})`;
  const types = [...new Set(steps.map(({ definition }) => definition.type))];
  // A tuple, because an aggregate passes over values that are null.
  const group = by ? `argMinIf(tuple(${fieldSql(by).expression}), ${key.sql}, ${entrance}).1` : "0";
  const deadline = `(k1 - k1 % ${key.unit} + to${key.type}(${window}) * ${key.unit})`;
  const reached = later.map((_, index) => {
    const after = index === 0 ? "k1" : `k${index + 1}`;
    return `arrayMin(arrayFilter(key -> key > ${after} AND key < deadline AND ${after} > 0, keys${index + 2})) AS k${index + 2}`;
  });
  return `SELECT g, k1, ${deadline} AS deadline, ${reached.join(", ")}
FROM (SELECT ${entity.sql(bindings)} AS entity, ${group} AS g, minIf(${key.sql}, ${entrance}) AS k1,
${later.map((condition, index) => `groupArrayIf(${key.sql}, ${condition}) AS keys${index + 2}`).join(", ")}
FROM ${table}
WHERE type IN ${bindings.bind("Array(String)", types)} AND time >= ${bindings.moment(from)} AND time < ${bindings.moment(to + window)}
AND (${[entrance, ...later].join(" OR ")})
AND ${entity.present(bindings)} AND ${key.condition} AND ${atPosition}
GROUP BY entity)
WHERE k1 > 0`;
}
