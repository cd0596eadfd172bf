import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { atOrBefore } from "../watermark.ts";
import type { BehaviourAnswer, BehaviourRequest } from "./behaviour-request.ts";
import { Bindings } from "../bindings.ts";
import { resolveEntity, type Entity } from "./entity.ts";
import { resolveSelector, type EventSelector, type ResolvedSelector } from "./event-selector.ts";
import { periodNumberSql } from "./period-set.ts";
import { periodsOf, resolvePeriods, type Period, type PeriodRange } from "./periods.ts";
import { answeredRange, resolveRange } from "./resolve-range.ts";
import { retentionSql } from "./retention-sql.ts";
import { takeSnapshot, type Snapshot } from "../snapshot.ts";

/** Who comes back; the definition stands in docs/behaviour.md. The range is widened to whole periods. */
export interface RetentionRequest extends BehaviourRequest {
  /** What makes an entity belong to a cohort. */
  readonly first: EventSelector;
  /** What it returns with. Default: the first event. */
  readonly returning?: EventSelector;
  /** "day", "week", "month" … */
  readonly period: string;
  /** "first": the cohort of an entity's first event ever. "recurring": the cohort of every period with a first event. Default "first". */
  readonly cohort?: "first" | "recurring";
}

/** The entities of a period's cohort. */
export interface RetentionCohort extends Period {
  readonly size: number;
  /** How many of them returned in the same period, the next one …, up to the range's end. */
  readonly returned: readonly number[];
}

/** The answer: a cohort for each period of the range, empty ones included. */
export interface RetentionAnswer extends BehaviourAnswer {
  readonly first: string;
  readonly returning: string;
  readonly period: string;
  readonly cohort: "first" | "recurring";
  readonly cohorts: readonly RetentionCohort[];
}

/** A retention question that has been checked. */
interface ResolvedRetention extends PeriodRange {
  readonly first: ResolvedSelector;
  readonly returning: ResolvedSelector;
  readonly cohort: "first" | "recurring";
  readonly entity: Entity;
}

/** A count of entities: of the cohort of period `start`, those that returned in `period` (-1: all); periods are counted from 0. */
interface Row {
  readonly start: string;
  readonly period: string;
  readonly entities: string;
}

/**
 * Answers how many entities of each cohort come back in later periods.
 * @throws QueryError if the question cannot be answered as put: nothing was run then
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function retention(clickhouse: ClickHouse, project: Project, request: RetentionRequest): Promise<RetentionAnswer> {
  const resolved = resolveRetention(project, request);
  const snapshot = await takeSnapshot(clickhouse, project, request, resolved);
  const statement = retentionStatement(resolved, snapshot);
  const rows = await clickhouse.rows<Row>({ ...statement, ...(request.signal ? { signal: request.signal } : {}) });
  const counts = new Map(rows.map(({ start, period, entities }) => [`${start} ${period}`, Number(entities)]));
  const { cohort, edges, entity, first, returning } = resolved;
  const periods = [...edges.keys()].slice(0, -1);
  return {
    entity: entity.ref,
    ...answeredRange(resolved),
    first: first.label,
    returning: returning.label,
    period: request.period,
    cohort,
    cohorts: periodsOf(resolved, project, snapshot.knownTo).map((period, index) => {
      const count = (later: number): number => counts.get(`${index} ${later}`) ?? 0;
      return { ...period, size: count(-1), returned: periods.slice(index).map(count) };
    }),
    watermark: snapshot.watermark,
  };
}

function resolveRetention(project: Project, request: RetentionRequest): ResolvedRetention {
  const { cohort = "first" } = request;
  if (cohort !== "first" && cohort !== "recurring")
    throw new QueryError(`There is no cohort ${JSON.stringify(cohort)}: write "first" or "recurring".`);
  const first = resolveSelector(project, request.first, request.filter);
  const returning = request.returning === undefined ? first : resolveSelector(project, request.returning, request.filter);
  const entity = resolveEntity([first, returning], request.entity ?? "subject");
  return { ...resolvePeriods(resolveRange(project, request), request.period), first, returning, cohort, entity };
}

function retentionStatement(retained: ResolvedRetention, { watermark }: Snapshot): Statement {
  const bindings = new Bindings();
  const { edges, from, to } = retained;
  const counted = {
    ...retained,
    number: periodNumberSql(edges, bindings),
    periods: edges.length - 1,
    since: `time >= ${bindings.moment(from)}`,
    until: `time < ${bindings.moment(to)} AND ${atOrBefore(watermark, bindings)}`,
    table: "events",
  };
  return { name: "Retention", sql: retentionSql(counted, bindings), params: bindings.params };
}
