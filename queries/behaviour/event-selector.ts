import { fieldSql } from "../../clickhouse/index.ts";
import { adviseName, type EventDefinition, type Filter, filterWords, type Project } from "../../model/index.ts";
import type { Bindings } from "../bindings.ts";
import { filterSql } from "../filter/filter-sql.ts";
import { resolveFilter, type ResolvedFilter } from "../filter/resolve-filter.ts";
import { QueryError } from "../query-error.ts";

/** An event of the project by its type, or with conditions on its fields, all of which must hold. */
export type EventSelector = string | SelectedEvent;

/** An event with conditions on its fields. */
export interface SelectedEvent {
  /** A type that the project declares. */
  readonly event: string;
  readonly where?: Filter;
}

/** A selector that has been checked. */
export interface ResolvedSelector {
  readonly definition: EventDefinition;
  readonly filters: readonly ResolvedFilter[];
  /** As a person would write it, e.g. "order.placed where amount >= 10". */
  readonly label: string;
}

/**
 * Checks a selector against the project.
 * @param filter must hold as well; the label does not tell it
 * @throws QueryError about the first name or value that is wrong
 */
export function resolveSelector(project: Project, selector: EventSelector, filter: Filter = {}): ResolvedSelector {
  const { event, where = {} } = typeof selector === "string" ? { event: selector } : selector;
  const definition = project.events.find(({ type }) => type === event);
  if (!definition) throw new QueryError(unknownEvent(project, event));
  const own = resolveFilter(definition, where);
  const words = own.map(({ conditions, field }) => filterWords(field, conditions)).join(" and ");
  return { definition, filters: [...own, ...resolveFilter(definition, filter)], label: words === "" ? event : `${event} where ${words}` };
}

/**
 * Checks a list of selectors that together say what counts as an event: all that the project declares, if there are none.
 * @throws QueryError if one is unknown, or a type stands there twice
 */
export function resolveSelectors(
  project: Project,
  selectors: readonly EventSelector[] | undefined,
  filter: Filter | undefined,
): readonly ResolvedSelector[] {
  if (selectors?.length === 0) throw new QueryError("Name at least one event.");
  const all = (selectors ?? project.events.map(({ type }) => type)).map((selector) => resolveSelector(project, selector, filter));
  if (all.length === 0) throw new QueryError(`The project "${project.name}" declares no events.`);
  const types = all.map(({ definition }) => definition.type);
  const twice = types.find((type, index) => types.indexOf(type) < index);
  if (twice !== undefined) throw new QueryError(`The event "${twice}" is named twice: name it once, with one set of conditions.`);
  return all;
}

/** The condition under which a row of `events` is what a selector names. */
export function selectorSql({ definition, filters }: ResolvedSelector, bindings: Bindings): string {
  const conditions = filters.map((filter) => filterSql(filter, fieldSql(filter.field).expression, bindings));
  return `(${[`type = ${bindings.bind("String", definition.type)}`, ...conditions].join(" AND ")})`;
}

function unknownEvent({ events, name }: Project, written: string): string {
  const types = events.map(({ type }) => type);
  return `There is no event "${written}": ${adviseName(written, types, `the project "${name}" declares ${types.join(", ") || "none"}.`)}`;
}
