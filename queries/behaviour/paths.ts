import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import { adviseName, type Project } from "../../model/index.ts";
import { compareDimensions } from "../compare-dimensions.ts";
import { QueryError } from "../query-error.ts";
import { atOrBefore } from "../watermark.ts";
import type { BehaviourAnswer, BehaviourRequest } from "./behaviour-request.ts";
import { Bindings } from "../bindings.ts";
import { resolveEntity, type Entity } from "./entity.ts";
import { resolveSelectors, selectorSql, type EventSelector, type ResolvedSelector } from "./event-selector.ts";
import { orderKey, readPositionBounds, type PositionBounds } from "./order-key.ts";
import { answeredRange, resolveLength, resolveRange, type ResolvedRange } from "./resolve-range.ts";
import { takeSnapshot } from "../snapshot.ts";

/** Which sequences of events are most common; the definition stands in docs/behaviour.md. */
export interface PathsRequest extends BehaviourRequest {
  /** What steps are made of. Default: every event that the project declares. */
  readonly events?: readonly EventSelector[];
  /** Steps of a path, from 2 to 10. */
  readonly length: number;
  /** Only paths within one session: it ends where nothing happens for so long, e.g. "30m". Default: sessions do not matter. */
  readonly gap?: string;
  /** Whether repetitions of a type, one directly after the other, count as one step. */
  readonly collapse?: boolean;
  /** Only paths whose first step is of this type, or whose last one is. */
  readonly startAt?: string;
  readonly endAt?: string;
  /** So many paths, from 1 to 1,000. Default 20. */
  readonly limit?: number;
}

/** A path and how common it is. */
export interface PathRow {
  /** Types of its steps, in order. */
  readonly path: readonly string[];
  readonly count: number;
  /** Entities in which it occurs. */
  readonly entities: number;
  /** Its part of `total`. */
  readonly share: number;
}

/** The answer: the most frequent path first. */
export interface PathsAnswer extends BehaviourAnswer {
  readonly events: readonly string[];
  readonly length: number;
  readonly gap: string | null;
  readonly collapse: boolean;
  /** All paths of the length that begin and end as asked, those not listed included, and how many different ones there are. */
  readonly total: number;
  readonly different: number;
  readonly paths: readonly PathRow[];
}

/** A paths question that has been checked. */
interface ResolvedPaths extends ResolvedRange {
  /** In the order of their types: a path's code is in the order of its steps. */
  readonly events: readonly ResolvedSelector[];
  readonly entity: Entity;
  readonly length: number;
  /** Microseconds. */
  readonly gap: number | undefined;
  readonly collapse: boolean;
  readonly startAt: number | undefined;
  readonly endAt: number | undefined;
  readonly limit: number;
}

/** `digits` are the path's steps as one number; 64-bit integers come as text. */
interface Row {
  readonly digits: string;
  readonly occurrences: string;
  readonly entities: string;
  readonly total: string;
  readonly different: string;
}

const MOST_STEPS = 10;
const MOST_PATHS = 1_000;

/**
 * Answers which sequences of events are the most common.
 * @throws QueryError if the question cannot be answered as put: nothing was run then
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function paths(clickhouse: ClickHouse, project: Project, request: PathsRequest): Promise<PathsAnswer> {
  const resolved = resolvePaths(project, request);
  const { watermark } = await takeSnapshot(clickhouse, project, request, resolved);
  const bounds = await readPositionBounds(clickhouse, watermark);
  const bindings = new Bindings();
  const statement = pathsStatement(resolved, bounds, bindings, atOrBefore(watermark, bindings));
  const rows = await clickhouse.rows<Row>({ ...statement, ...(request.signal ? { signal: request.signal } : {}) });
  const { collapse, entity, events, length } = resolved;
  const total = Number(rows[0]?.total ?? 0);
  return {
    entity: entity.ref,
    ...answeredRange(resolved),
    events: events.map(({ label }) => label),
    length,
    gap: request.gap ?? null,
    collapse,
    total,
    different: Number(rows[0]?.different ?? 0),
    paths: rows.map(({ digits, occurrences, entities }) => {
      const count = Number(occurrences);
      return { path: decode(digits, resolved), count, entities: Number(entities), share: count / total };
    }),
    watermark,
  };
}

function resolvePaths(project: Project, request: PathsRequest): ResolvedPaths {
  const { collapse = false, endAt, gap, length, limit = 20, startAt } = request;
  if (!Number.isInteger(length) || length < 2 || length > MOST_STEPS)
    throw new QueryError(`"length" is ${length}: a path has from 2 to ${MOST_STEPS} steps.`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_PATHS)
    throw new QueryError(`"limit" is ${limit}: from 1 to ${MOST_PATHS.toLocaleString("en")} paths can be listed.`);
  const events = [...resolveSelectors(project, request.events, request.filter)].sort((a, b) =>
    compareDimensions(a.definition.type, b.definition.type),
  );
  return {
    ...resolveRange(project, request),
    events,
    entity: resolveEntity(events, request.entity ?? "subject"),
    length,
    gap: gap === undefined ? undefined : resolveLength(gap, "gap"),
    collapse,
    startAt: startAt === undefined ? undefined : placeOf(events, startAt, "startAt"),
    endAt: endAt === undefined ? undefined : placeOf(events, endAt, "endAt"),
    limit,
  };
}

function placeOf(events: readonly ResolvedSelector[], type: string, what: string): number {
  const types = events.map(({ definition }) => definition.type);
  if (types.includes(type)) return types.indexOf(type);
  throw new QueryError(`"${what}" is "${type}", which is none of the events: ${adviseName(type, types, `they are ${types.join(", ")}.`)}`);
}

/**
 * One pass gathers for each entity its keys in order, with the place of the event's type as the last digit. A path is then a number whose digits are those places, most significant first:
 * numbers group faster than arrays.
 */
function pathsStatement(asked: ResolvedPaths, bounds: PositionBounds, bindings: Bindings, atPosition: string): Statement {
  const { collapse, endAt, entity, events, from, gap, length, limit, startAt, to } = asked;
  const types = bindings.bind(
    "Array(String)",
    events.map(({ definition }) => definition.type),
  );
  const tags = Math.max(2, events.length);
  const key = orderKey(
    bounds,
    bindings,
    tags,
    `transform(type, ${types}, ${bindings.bind("Array(UInt32)", [...events.keys()])}, toUInt32(0))`,
  );
  const steps = `arrayMap(key -> toUInt32(key % ${tags}), keys)`;
  const times = `arrayMap(key -> toInt64(intDiv(key, ${key.unit})), keys)`;
  const cut =
    gap === undefined
      ? `[steps]`
      : `arraySplit((step, since) -> since >= ${bindings.bind("Int64", gap)}, steps, arrayDifference(${times}))`;
  const codeType = BigInt(tags) ** BigInt(length) <= 2n ** 64n ? "UInt64" : "UInt128";
  const digit = (place: number): string => `to${codeType}('${BigInt(tags) ** BigInt(length - 1 - place)}')`;
  const code = Array.from({ length }, (_, place) => `session[first + ${place}] * ${digit(place)}`).join(" + ");
  const firsts = `range(toInt64(1), greatest(toInt64(1), toInt64(length(session)) - ${length - 2}))`;
  const kept = [
    ...(startAt === undefined ? [] : [`intDiv(code, ${digit(0)}) = ${startAt}`]),
    ...(endAt === undefined ? [] : [`code % ${tags} = ${endAt}`]),
  ];
  return {
    name: "Paths",
    sql: `SELECT toString(code) AS digits, count() AS occurrences, countIf(occurrence = 1) AS entities, sum(occurrences) OVER () AS total, count() OVER () AS different
FROM (SELECT arrayFlatten(arrayMap(session -> arrayMap(first -> ${code}, ${firsts}), ${collapse ? `arrayMap(session -> arrayCompact(session), ${cut})` : cut})) AS codes
FROM (SELECT keys, ${steps} AS steps
FROM (SELECT ${entity.sql(bindings)} AS entity, arraySort(groupArray(${key.sql})) AS keys
FROM events
WHERE type IN ${types} AND time >= ${bindings.moment(from)} AND time < ${bindings.moment(to)} AND (${events.map((event) => selectorSql(event, bindings)).join(" OR ")})
AND ${entity.present(bindings)} AND ${key.condition} AND ${atPosition}
GROUP BY entity)))
ARRAY JOIN codes AS code, arrayEnumerateUniq(codes) AS occurrence
${kept.length > 0 ? `WHERE ${kept.join(" AND ")}` : ""}
GROUP BY code
ORDER BY occurrences DESC, code
LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
  };
}

function decode(digits: string, { events, length }: ResolvedPaths): string[] {
  const tags = BigInt(Math.max(2, events.length));
  return Array.from({ length }, (_, place) => {
    const digit = (BigInt(digits) / tags ** BigInt(length - 1 - place)) % tags;
    return events[Number(digit)]?.definition.type ?? "";
  });
}
