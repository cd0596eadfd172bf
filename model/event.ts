import type { z } from "zod";
import type { EnrichedFields, Enricher, NoFields } from "./enrich.ts";

/** Turns the `data` of one schema version into the next version's. Must be pure: a replay calls it again. */
export type Upcast = (data: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** What an event of one type looks like, at its newest schema version. Made by {@link defineEvent}. */
export interface EventDefinition<
  Type extends string = string,
  Data extends z.ZodObject = z.ZodObject,
  Enriched extends EnrichedFields = EnrichedFields,
> {
  readonly type: Type;
  /** Newest schema version, counted from 1. */
  readonly version: number;
  /** Checks `data` and never changes it: what is stored is what was published (after upcasts). */
  readonly data: Data;
  /** `upcast[n]` turns version n into n + 1; every version below `version` has one. */
  readonly upcast: Readonly<Record<number, Upcast>>;
  /** What becomes of an event of a version that is newer than `version`: it is set aside as a dead letter, or kept as it is, neither checked nor enriched. */
  readonly newerVersions: "accept" | "dead-letter";
  /** Fields that its enrichers add, by the enrichers' names; none unless `enrichEvent` added some. */
  readonly enriched: Enriched;
  readonly enrichers: readonly Enricher[];
  readonly description?: string;
}

/** What the author of an event writes: `version` is 1 and `upcast` empty unless said. */
export interface EventOptions<Type extends string, Data extends z.ZodObject> {
  readonly type: Type;
  readonly version?: number;
  readonly data: Data;
  readonly upcast?: Readonly<Record<number, Upcast>>;
  /** Default "dead-letter": once the declaration knows the version, a replay of the letters brings the events in. */
  readonly newerVersions?: "accept" | "dead-letter";
  readonly description?: string;
}

/**
 * Declares an event type. Events of undeclared types are accepted too (unless the project says otherwise);
 * a declaration makes `data` validated, and its fields known to metrics and features.
 */
export function defineEvent<const Type extends string, Data extends z.ZodObject>(
  options: EventOptions<Type, Data>,
): EventDefinition<Type, Data, NoFields> {
  return { version: 1, upcast: {}, newerVersions: "dead-letter", ...options, enriched: {}, enrichers: [] };
}
