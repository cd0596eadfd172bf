import type { z } from "zod";
import type { EventDefinition } from "./event.ts";

/** An event as an enricher sees it: validated, and upcast to its newest version. */
export interface EnrichInput<Data = unknown> {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** Event time and knowledge time. */
  readonly time: Date;
  readonly knownAt: Date;
  readonly data: Data;
}

/** The data of an event type, as it was published and upcast: what its schema takes. */
export type InputOf<E extends EventDefinition> = EnrichInput<Readonly<z.input<E["data"]>>>;

/** A table of facts by key, kept in a JetStream KV bucket and held in every worker's memory. Made by {@link defineTable}. */
export interface LookupTable<Fields extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly fields: Fields;
  readonly description?: string;
}

/** Declares a table to look up; `hydrograph lookup load` fills it. */
export function defineTable<Fields extends z.ZodObject>(options: LookupTable<Fields>): LookupTable<Fields> {
  return options;
}

/** Fields worked out from the event alone. Made by {@link derive}. */
export interface Derive<Name extends string = string, Fields extends z.ZodObject = z.ZodObject, Value = unknown> {
  readonly kind: "derive";
  readonly name: Name;
  readonly fields: Fields;
  readonly value: (event: EnrichInput<never>) => Value;
}

/** Fields of a table's row. Made by {@link lookup}. */
export interface Lookup<Name extends string = string, Fields extends z.ZodObject = z.ZodObject> {
  readonly kind: "lookup";
  readonly name: Name;
  readonly fields: Fields;
  readonly table: LookupTable;
  readonly key: (event: EnrichInput<never>) => string | number | null | undefined;
}

/** Adds fields to events on their way into ClickHouse: they stand in the column `enriched`, under the enricher's name. */
export type Enricher<Name extends string = string, Fields extends z.ZodObject = z.ZodObject> = Derive<Name, Fields> | Lookup<Name, Fields>;

/** The fields of an event's enrichers, by their names. */
export type EnrichedFields = Readonly<Record<string, z.ZodObject>>;

/** The fields of an event without enrichers. */
export type NoFields = { readonly [none: symbol]: never };

/**
 * Works fields out from the event. The function must be pure: a replay calls it again. An event for which it throws, or gives what `fields` does not take, becomes a dead letter.
 * @example derive({ name: "basket", of: orderPlaced, fields: z.object({ size: z.enum(["small", "large"]) }), value: (e) => ({ size: e.data.amount > 100 ? "large" : "small" }) })
 */
export function derive<
  const Name extends string,
  E extends EventDefinition,
  Fields extends z.ZodObject,
  const Value extends z.input<Fields>,
>(options: {
  readonly name: Name;
  readonly of: E;
  readonly fields: Fields;
  readonly value: (event: InputOf<E>) => Value;
}): Derive<Name, Fields, Value> {
  const { fields, name, value } = options;
  return { kind: "derive", name, fields, value };
}

/**
 * Joins a table's row: the one whose key the function gives. A key that is null, undefined, or not in the table gives null, and is counted. The table's revision stands beside
 * the fields (`enriched._revisions.<name>`): unlike all else of a row it does not follow from the log, so it says what the event was enriched with.
 * @example lookup({ name: "customer", of: orderPlaced, table: customers, key: (e) => e.subject })
 */
export function lookup<const Name extends string, E extends EventDefinition, Fields extends z.ZodObject>(options: {
  readonly name: Name;
  readonly of: E;
  readonly table: LookupTable<Fields>;
  readonly key: (event: InputOf<E>) => string | number | null | undefined;
}): Lookup<Name, Fields> {
  const { key, name, table } = options;
  return { kind: "lookup", name, fields: table.fields, table, key };
}

type FieldsOf<List extends readonly Enricher[]> = {
  readonly [Each in List[number] as Each["name"]]: Each["fields"];
};

/**
 * An event type with enrichers: declare metrics on it, and put it into the project's `events`, instead of the one without. A field is named
 * `enriched.<enricher>.<field>`.
 */
export function enrichEvent<Type extends string, Data extends z.ZodObject, const List extends readonly Enricher[]>(
  event: EventDefinition<Type, Data>,
  enrichers: List,
): EventDefinition<Type, Data, FieldsOf<List>> {
  const enriched = Object.fromEntries(enrichers.map(({ fields, name }) => [name, fields])) as FieldsOf<List>;
  return { ...event, enriched, enrichers };
}

/** The tables that the enrichers of some events look up, each once. */
export function lookupTables(events: readonly EventDefinition[]): readonly LookupTable[] {
  const tables = events.flatMap(({ enrichers }) => enrichers.flatMap((each) => (each.kind === "lookup" ? [each.table] : [])));
  return [...new Set(tables)];
}

/** What the enrichers of a type add to an event: the JSON of the column `enriched`, or which of them failed. */
export type Enrichment = { readonly json: string } | { readonly failed: string };

/** The enrichers of each type, ready to run. Made in `transforms/enrich/`, run by ingest. */
export type Enrichers = ReadonlyMap<EventDefinition, (event: EnrichInput) => Enrichment>;
