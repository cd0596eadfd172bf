import { fieldSql } from "../../clickhouse/index.ts";
import { adviseName, type EventDefinition, type Present, type Project, type TimeRange } from "../../model/index.ts";
import { checkAsOf } from "../as-of.ts";
import { findField } from "../find-field.ts";
import { QueryError } from "../query-error.ts";
import { resolvePresent, resolveRange } from "../resolve-range.ts";
import type { MarketRequest } from "./market-request.ts";

/** Range, zone and present of a question, checked; microseconds since 1970. */
export interface ResolvedMarket extends TimeRange, Present {}

/** Decimal places that prices and sizes keep: they are added as whole numbers of 10^-8, so that the order does not matter (as in sums of metrics). */
export const DECIMALS = 8;

/** Checks range, zone and past state. @throws QueryError about the first thing that is wrong */
export function resolveMarket(project: Project, request: MarketRequest): ResolvedMarket {
  const present = resolvePresent(request.timezone ?? project.timezone, request.now);
  checkAsOf(request.asOf, project, present);
  return { ...resolveRange(request, present), ...present };
}

/** An event of the project. @throws QueryError with the nearest type */
export function marketEvent({ events, name }: Project, type: string): EventDefinition {
  const found = events.find((event) => event.type === type);
  if (found) return found;
  const types = events.map((event) => event.type);
  const all = `the project "${name}" declares ${types.join(", ") || "none"}.`;
  throw new QueryError(`There is no event "${type}": ${adviseName(type, types, all)}`);
}

/** SQL of a numeric field as a whole number of 10^-8, `Nullable(Int128)`. @throws QueryError if the field is no number */
export function scaledSql(event: EventDefinition, ref: string): string {
  const field = findField(event, ref);
  if (field.type !== "number" && field.type !== "integer") throw new QueryError(`"${ref}" of "${event.type}" is no number.`);
  // By way of Decimal, which makes null of what does not fit.
  return `toInt128(accurateCastOrNull(round(toFloat64(${fieldSql(field).expression}) * 1e${DECIMALS}), 'Decimal(38, 0)'))`;
}
