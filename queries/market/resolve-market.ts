import { fieldSql } from "../../clickhouse/index.ts";
import { isTimeZone, resolveField, type EventDefinition, type Field, type Project } from "../../model/index.ts";
import { nearestName } from "../nearest-name.ts";
import { QueryError } from "../query-error.ts";
import { resolveMoment } from "../trends/resolve-moment.ts";
import type { MarketRequest } from "./market-request.ts";

/** Range and zone of a question, checked; microseconds since 1970. */
export interface ResolvedMarket {
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
  /** The present. */
  readonly now: number;
}

/** Decimal places that prices and sizes keep: they are added as whole numbers of 10^-8, so that the order does not matter (as in sums of metrics). */
export const DECIMALS = 8;

/** Checks range and zone. @throws QueryError about the first thing that is wrong */
export function resolveMarket(project: Project, request: MarketRequest): ResolvedMarket {
  const timezone = request.timezone ?? project.timezone;
  if (!isTimeZone(timezone))
    throw new QueryError(`There is no time zone ${JSON.stringify(timezone)}: write an IANA name such as "Europe/Berlin".`);
  const from = resolveMoment(request.from, "from", timezone);
  const to = resolveMoment(request.to, "to", timezone);
  if (to <= from) throw new QueryError(`"to" must lie after "from": the range is half-open, [from, to).`);
  return { from, to, timezone, now: resolveMoment(request.now ?? new Date(), "now", timezone) };
}

/** An event of the project. @throws QueryError with the nearest type */
export function marketEvent({ events, name }: Project, type: string): EventDefinition {
  const found = events.find((event) => event.type === type);
  if (found) return found;
  const types = events.map((event) => event.type);
  const nearest = nearestName(type, types);
  const advice = nearest === undefined ? `the project "${name}" declares ${types.join(", ") || "none"}.` : `did you mean "${nearest}"?`;
  throw new QueryError(`There is no event "${type}": ${advice}`);
}

/** A field of an event. @throws QueryError if it has no such field */
export function marketField(event: EventDefinition, ref: string): Field {
  const field = resolveField(event, ref);
  if ("problem" in field) throw new QueryError(`${field.problem.charAt(0).toUpperCase()}${field.problem.slice(1)}.`);
  return field;
}

/** SQL of a numeric field as a whole number of 10^-8, `Nullable(Int128)`. @throws QueryError if the field is no number */
export function scaledSql(event: EventDefinition, ref: string): string {
  const field = marketField(event, ref);
  if (field.type !== "number" && field.type !== "integer") throw new QueryError(`"${ref}" of "${event.type}" is no number.`);
  // By way of Decimal, which makes null of what does not fit.
  return `toInt128(accurateCastOrNull(round(toFloat64(${fieldSql(field).expression}) * 1e${DECIMALS}), 'Decimal(38, 0)'))`;
}
