import { resolveField, scalarFields, scalarTypes, type EventDefinition, type Field, type Project } from "../../model/index.ts";
import { nearestName } from "../nearest-name.ts";
import { QueryError } from "../query-error.ts";
import type { Bindings } from "./bindings.ts";
import { resolveCondition, type FieldCondition, type ResolvedCondition } from "./field-condition.ts";

/** An event of the project by its type, or with conditions on its fields, all of which must hold. */
export type EventSelector = string | SelectedEvent;

/** An event with conditions on its fields. */
export interface SelectedEvent {
  /** A type that the project declares. */
  readonly event: string;
  /** Field -> what it may be. */
  readonly where?: Readonly<Record<string, FieldCondition>>;
}

/** A selector that has been checked. */
export interface ResolvedSelector {
  readonly definition: EventDefinition;
  readonly conditions: readonly ResolvedCondition[];
  /** As a person would write it, e.g. "order.placed where amount >= 10". */
  readonly label: string;
}

/** Checks a selector against the project. @throws QueryError about the first name or value that is wrong */
export function resolveSelector(project: Project, selector: EventSelector): ResolvedSelector {
  const { event, where = {} } = typeof selector === "string" ? { event: selector } : selector;
  const definition = project.events.find(({ type }) => type === event);
  if (!definition) throw new QueryError(unknownEvent(project, event));
  const conditions = Object.entries(where).map(([ref, condition]) => resolveCondition(eventField(definition, ref), condition));
  const words = conditions.map((condition) => condition.words).join(" and ");
  return { definition, conditions, label: words === "" ? event : `${event} where ${words}` };
}

/**
 * Checks a list of selectors that together say what counts as an event: all that the project declares, if there are none.
 * @throws QueryError if one is unknown, or a type stands there twice
 */
export function resolveSelectors(project: Project, selectors: readonly EventSelector[] | undefined): readonly ResolvedSelector[] {
  if (selectors?.length === 0) throw new QueryError("Name at least one event.");
  const all = (selectors ?? project.events.map(({ type }) => type)).map((selector) => resolveSelector(project, selector));
  if (all.length === 0) throw new QueryError(`The project "${project.name}" declares no events.`);
  const types = all.map(({ definition }) => definition.type);
  const twice = types.find((type, index) => types.indexOf(type) < index);
  if (twice !== undefined) throw new QueryError(`The event "${twice}" is named twice: name it once, with one set of conditions.`);
  return all;
}

/** Looks up a scalar field of an event. @throws QueryError with the nearest name */
export function eventField(definition: EventDefinition, ref: string): Field {
  const field = resolveField(definition, ref);
  if (!("problem" in field)) return field;
  const names = fieldNames(definition);
  const nearest = nearestName(ref, names);
  const advice = nearest === undefined ? `it has ${names.join(", ")}.` : `did you mean "${nearest}"?`;
  throw new QueryError(`Event "${definition.type}" has no field "${ref}": ${advice}`);
}

/** The condition under which a row of `events` is what a selector names. */
export function selectorSql({ definition, conditions }: ResolvedSelector, bindings: Bindings): string {
  return `(${[`type = ${bindings.bind("String", definition.type)}`, ...conditions.map(({ sql }) => sql(bindings))].join(" AND ")})`;
}

function unknownEvent({ events, name }: Project, written: string): string {
  const types = events.map(({ type }) => type);
  const nearest = nearestName(written, types);
  const advice = nearest === undefined ? `the project "${name}" declares ${types.join(", ") || "none"}.` : `did you mean "${nearest}"?`;
  return `There is no event "${written}": ${advice}`;
}

function fieldNames(definition: EventDefinition): string[] {
  const enriched = Object.entries(definition.enriched).flatMap(([name, schema]) =>
    [...scalarTypes(schema).keys()].map((path) => `enriched.${name}.${path}`),
  );
  return ["id", "source", "subject", ...scalarFields(definition).map(({ path }) => path.join(".")), ...enriched];
}
