import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { atOrBefore } from "../watermark.ts";
import type { BehaviourAnswer, BehaviourRequest } from "./behaviour-request.ts";
import { Bindings } from "../bindings.ts";
import { resolveEntity, type Entity } from "./entity.ts";
import { resolveSelectors, selectorSql, type EventSelector, type ResolvedSelector } from "./event-selector.ts";
import { periodNumberSql, periodSet } from "./period-set.ts";
import { edgeBefore, periodsOf, resolvePeriods, type Period, type PeriodRange } from "./periods.ts";
import { answeredRange, resolveRange } from "./resolve-range.ts";
import { takeSnapshot, type Snapshot } from "../snapshot.ts";

/** Who is new, returning, resurrecting or dormant; the definition stands in docs/behaviour.md. The range is widened to whole periods. */
export interface LifecycleRequest extends BehaviourRequest {
  /** What counts as activity. Default: every event that the project declares. */
  readonly events?: readonly EventSelector[];
  /** "day", "week", "month" … */
  readonly period: string;
}

/** What an entity can be in a period. */
const STATES = ["new", "returning", "resurrecting", "dormant"] as const;

/** How many entities were what in a period. */
export interface LifecycleRow extends Period {
  readonly new: number;
  readonly returning: number;
  readonly resurrecting: number;
  readonly dormant: number;
}

/** The answer: a row for each period of the range. */
export interface LifecycleAnswer extends BehaviourAnswer {
  readonly events: readonly string[];
  readonly period: string;
  readonly rows: readonly LifecycleRow[];
}

/** A lifecycle question that has been checked. */
interface ResolvedLifecycle extends PeriodRange {
  readonly events: readonly ResolvedSelector[];
  readonly entity: Entity;
}

/** A count of entities: `period` is counted from 1. */
interface Row {
  readonly period: string;
  readonly state: (typeof STATES)[number];
  readonly entities: string;
}

/**
 * Answers how many entities are new, returning, resurrecting and dormant in each period.
 * @throws QueryError if the question cannot be answered as put: nothing was run then
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function lifecycle(clickhouse: ClickHouse, project: Project, request: LifecycleRequest): Promise<LifecycleAnswer> {
  const events = resolveSelectors(project, request.events, request.filter);
  const entity = resolveEntity(events, request.entity ?? "subject");
  const resolved = { ...resolvePeriods(resolveRange(project, request), request.period), events, entity };
  const snapshot = await takeSnapshot(clickhouse, project, request, resolved);
  const statement = lifecycleStatement(resolved, snapshot);
  const rows = await clickhouse.rows<Row>({ ...statement, ...(request.signal ? { signal: request.signal } : {}) });
  const counts = new Map(rows.map(({ period, state, entities }) => [`${period} ${state}`, Number(entities)]));
  return {
    entity: entity.ref,
    ...answeredRange(resolved),
    events: events.map(({ label }) => label),
    period: request.period,
    rows: periodsOf(resolved, project, snapshot.knownTo).map((period, index) => {
      const count = (state: Row["state"]): number => counts.get(`${index + 1} ${state}`) ?? 0;
      return {
        ...period,
        new: count("new"),
        returning: count("returning"),
        resurrecting: count("resurrecting"),
        dormant: count("dormant"),
      };
    }),
    watermark: snapshot.watermark,
  };
}

/**
 * One pass gathers for each entity the periods it was active in, counted from 0 = the one before the range, and whether it was active before that. Each such period then says
 * what the entity was in it by the active one before, and whether it was dormant in the next.
 */
function lifecycleStatement(asked: ResolvedLifecycle, { watermark }: Snapshot): Statement {
  const bindings = new Bindings();
  const { entity, events, to } = asked;
  const edges = [edgeBefore(asked), ...asked.edges];
  const since = `time >= ${bindings.moment(edges[0] ?? 0)}`;
  const active = events.map((event) => selectorSql(event, bindings)).join(" OR ");
  const set = periodSet("active", periodNumberSql(edges, bindings), edges.length - 1, since);
  const types = bindings.bind(
    "Array(String)",
    events.map(({ definition }) => definition.type),
  );
  // "Before" is the active period before, -1 if that lies before those gathered, -2 if there is none.
  const states = `arrayMap((period, before) -> (period, multiIf(before = -2, 'new', before = period - 1, 'returning', 'resurrecting')), periods,
arrayPushFront(arrayPopBack(periods), if(earlier > 0, -1, -2)))`;
  const dormant = `arrayMap(period -> (period + 1, 'dormant'), arrayFilter((period, next) -> next != period + 1, periods, arrayPushBack(arrayPopFront(periods), -1)))`;
  return {
    name: "Lifecycle",
    sql: `SELECT entry.1 AS period, entry.2 AS state, count() AS entities
FROM (SELECT arrayJoin(arrayConcat(${states}, ${dormant})) AS entry
FROM (SELECT earlier, ${set.numbers} AS periods
FROM (SELECT ${entity.sql(bindings)} AS entity, countIf(NOT ${since}) AS earlier, ${set.gathered}
FROM events
WHERE type IN ${types} AND time < ${bindings.moment(to)} AND (${active}) AND ${entity.present(bindings)} AND ${atOrBefore(watermark, bindings)}
GROUP BY entity)
WHERE notEmpty(periods)))
WHERE period BETWEEN 1 AND ${edges.length - 2}
GROUP BY period, state`,
    params: bindings.params,
  };
}
