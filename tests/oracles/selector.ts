import type { EventDefinition, Watermark } from "../../model/index.ts";
import { compareInLog, fieldValue, isWithin, type FieldValue, type OracleEvent } from "./event.ts";
import { passes, type OracleFilter } from "./filter.ts";

/** A declared type, and conditions on its fields. */
export interface OracleSelector {
  readonly definition: EventDefinition;
  readonly where?: OracleFilter;
}

/** Whether an event is what a selector names. */
export function selects({ definition, where = {} }: OracleSelector, event: OracleEvent): boolean {
  return event.type === definition.type && passes(event, where, definition);
}

/** The events that count, in the order of the log, by entity. An event without an entity counts nowhere. */
export function byEntity(
  events: readonly OracleEvent[],
  selectors: readonly OracleSelector[],
  entity: string,
  asOf: Watermark | undefined,
): Map<FieldValue, OracleEvent[]> {
  const entities = new Map<FieldValue, OracleEvent[]>();
  for (const event of [...events].sort(compareInLog)) {
    const selector = selectors.find((candidate) => selects(candidate, event));
    if (!selector || !isWithin(event, asOf)) continue;
    const who = fieldValue(event, entity, selector.definition);
    if (who === null || (entity === "subject" && who === "")) continue;
    entities.set(who, [...(entities.get(who) ?? []), event]);
  }
  return entities;
}

/** Of n sorted values the one at floor((n - 1) * tenths / 10), or null if there are none. */
export function percentile(values: readonly number[], tenths: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(((sorted.length - 1) * tenths) / 10)] ?? null;
}
