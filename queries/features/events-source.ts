import { fieldSql, identifier } from "../../clickhouse/index.ts";
import { adviseName, entityColumns, type EventDefinition, type Project } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { findField } from "../find-field.ts";
import { QueryError } from "../query-error.ts";
import { resolvePresent, resolveRange, type RangeRequest } from "../resolve-range.ts";
import { atOrBefore } from "../watermark.ts";
import { fieldExpression } from "./pass-source.ts";
import { statementSource } from "./query-source.ts";
import { showMoment } from "./show-moment.ts";
import type { SpineContext, SpineSource } from "./spine-source.ts";

/**
 * A spine of events: each one is a row, with its entity (that of the feature set) and its time, in the order of the log's times. The event itself lies at T, so no feature counts it.
 * Events without an entity give no row. Without a range, all of them up to the watermark.
 */
export interface SpineEvents extends RangeRequest {
  readonly each: EventDefinition | string;
  /** Fields of the event to carry through, as columns of their names. */
  readonly carry?: readonly string[];
}

/** @throws QueryError if there is no such event or field, or the range is none */
export function eventsSource({ each, carry = [], ...range }: SpineEvents, { asOf, clickhouse, project, set }: SpineContext): SpineSource {
  const event = eventOf(each, project);
  const time = rangeOf(range);
  const bindings = new Bindings();
  const fields = carry.map((ref, index) => ({ sql: `${fieldSql(findField(event, ref)).expression} AS c${index}`, name: identifier(ref) }));
  const entity = entityColumns(set);
  const clash = carry.find((ref) => ref === "time" || entity.some(({ name }) => name === ref));
  if (clash !== undefined)
    throw new QueryError(`Every spine has a column "${clash}" of its own: the event's field of that name cannot be carried.`);
  const conditions = [
    `type = ${bindings.bind("String", event.type)}`,
    ...(time.from === undefined ? [] : [`time >= ${bindings.moment(time.from)}`]),
    ...(time.to === undefined ? [] : [`time < ${bindings.moment(time.to)}`]),
    atOrBefore(asOf, bindings),
  ];
  const read = [
    ...entity.map(({ field }, index) => `toString(${fieldExpression(event, field)}) AS e${index}`),
    "time AS at",
    "stream",
    "epoch",
    "seq",
    "idx",
    ...fields.map((field) => field.sql),
  ];
  // In two steps: a field may be named like a column that the conditions are about.
  const sql = `SELECT ${[...entity.map(({ name }, index) => `e${index} AS ${identifier(name)}`), "at AS time", ...fields.map(({ name }, index) => `c${index} AS ${name}`)].join(", ")}
FROM (SELECT ${read.join(", ")} FROM events WHERE ${conditions.join(" AND ")})
WHERE ${entity.map((_, index) => `e${index} != ''`).join(" AND ")} ORDER BY at, stream, epoch, seq, idx`;
  const origin = { from: "events" as const, type: event.type, since: shown(time.from), until: shown(time.to), carry: [...carry] };
  return statementSource(clickhouse, `The spine of ${event.type}`, origin, { sql, params: bindings.params });
}

/** An event of the project, by its type. @throws QueryError if there is none */
export function eventOf(each: SpineEvents["each"], { events }: Project): EventDefinition {
  const wanted = typeof each === "string" ? each : each.type;
  const found = events.find(({ type }) => type === wanted);
  if (found) return found;
  const types = events.map(({ type }) => type);
  throw new QueryError(`The project has no event "${wanted}": ${adviseName(wanted, types, `it has ${types.join(", ")}.`)}`);
}

/** Microseconds; undefined = no limit. */
function rangeOf({ from, range, to }: RangeRequest): { readonly from?: number; readonly to?: number } {
  const present = resolvePresent("UTC", undefined);
  if (from === undefined && range === undefined) {
    return to === undefined ? {} : { to: resolveRange({ from: new Date(0), to }, present).to };
  }
  return resolveRange(
    { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), ...(range === undefined ? {} : { range }) },
    present,
  );
}

function shown(micros: number | undefined): string | null {
  return micros === undefined ? null : showMoment(micros);
}
