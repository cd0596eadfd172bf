import type { Statement } from "../../clickhouse/index.ts";
import { atOrBefore } from "../watermark.ts";
import { Bindings } from "../bindings.ts";
import type { Entity } from "./entity.ts";
import { selectorSql, type ResolvedSelector } from "./event-selector.ts";
import { percentileSql } from "./percentile-sql.ts";
import type { ResolvedRange } from "./resolve-range.ts";
import type { Snapshot } from "../snapshot.ts";

/** A sessions question that has been checked. */
export interface ResolvedSessions extends ResolvedRange {
  readonly events: readonly ResolvedSelector[];
  readonly entity: Entity;
  /** Microseconds. */
  readonly gap: number;
}

/** Classes of a distribution: the values at which each class after the first begins. */
export const CLASSES = {
  /** Microseconds. */
  length: [10, 30, 60, 180, 600, 1_800, 3_600, 10_800].map((seconds) => seconds * 1_000_000),
  depth: [2, 3, 6, 11, 21, 51],
} as const;

/**
 * One row: `sessions`, `entities`, `events`, `open`; `length_5`, `length_9`, `length_10` and `length_sum` in microseconds, and those of `depth`; `length_classes` and `depth_classes`, the number of
 * sessions below each bound; and `cut`, how many sessions may go on at or after the horizon.
 * @param horizon events from then on are not read, microseconds
 */
export function sessionsStatement(asked: ResolvedSessions, { watermark, knownTo }: Snapshot, horizon: number): Statement {
  const bindings = new Bindings();
  const { entity, events, from, gap, to } = asked;
  const length = bindings.bind("Int64", gap);
  const known = Number.isFinite(knownTo) ? bindings.bind("Int64", Math.round(knownTo)) : "-1";
  const active = events.map((event) => selectorSql(event, bindings)).join(" OR ");
  const types = bindings.bind(
    "Array(String)",
    events.map(({ definition }) => definition.type),
  );
  const inside = `session -> session[1] >= ${bindings.bind("Int64", from)} AND session[1] < ${bindings.bind("Int64", to)}`;
  const spread = (["length", "depth"] as const).flatMap((name) => [
    ...[5, 9, 10].map((tenths) => `${percentileSql(`${name}s`, tenths)} AS ${name}_${tenths}`),
    `arraySum(${name}s) AS ${name}_sum`,
    `[${CLASSES[name].map((bound) => `arrayCount(value -> value < ${bound}, ${name}s)`).join(", ")}] AS ${name}_classes`,
  ]);
  return {
    name: "Sessions",
    sql: `SELECT sessions, entities, events, open, cut, ${spread.join(", ")}
FROM (SELECT count() AS sessions, countIf(place = 1) AS entities, sum(depth) AS events, countIf(last + ${length} > ${known}) AS open,
countIf(last + ${length} > ${bindings.bind("Int64", horizon)}) AS cut, arraySort(groupArray(length)) AS lengths, arraySort(groupArray(toInt64(depth))) AS depths
FROM (SELECT place, length(session) AS depth, session[-1] AS last, last - session[1] AS length
FROM (SELECT arrayFilter(${inside}, arraySplit((time, since) -> since >= ${length}, times, arrayDifference(times))) AS found
FROM (SELECT ${entity.sql(bindings)} AS entity, arraySort(groupArray(toUnixTimestamp64Micro(time))) AS times
FROM events
WHERE type IN ${types} AND time >= ${bindings.moment(Math.max(0, from - gap))} AND time < ${bindings.moment(horizon)} AND (${active})
AND ${entity.present(bindings)} AND ${atOrBefore(watermark, bindings)}
GROUP BY entity))
ARRAY JOIN found AS session, arrayEnumerate(found) AS place))`,
    params: bindings.params,
  };
}
