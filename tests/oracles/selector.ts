import type { EventDefinition, Watermark } from "../../model/index.ts";
import { compareInLog, fieldValue, isWithin, type FieldValue, type OracleEvent } from "./event.ts";

/** A condition on a field, as docs/behaviour.md lists them. */
export type OracleCondition =
  | FieldValue
  | readonly FieldValue[]
  | { readonly not: FieldValue | readonly FieldValue[] }
  | { readonly atLeast?: number; readonly above?: number; readonly atMost?: number; readonly below?: number };

/** A declared type, and conditions on its fields. */
export interface OracleSelector {
  readonly definition: EventDefinition;
  readonly where?: Readonly<Record<string, OracleCondition>>;
}

/** Whether an event is what a selector names. */
export function selects({ definition, where = {} }: OracleSelector, event: OracleEvent): boolean {
  if (event.type !== definition.type) return false;
  return Object.entries(where).every(([ref, condition]) => holds(condition, fieldValue(event, ref, definition)));
}

function holds(condition: OracleCondition, value: FieldValue): boolean {
  if (condition === null || typeof condition !== "object") return value === condition;
  if (Array.isArray(condition)) return condition.some((wanted: FieldValue) => wanted === value);
  if ("not" in condition) return !holds(condition.not, value);
  if (typeof value !== "number") return false;
  const { atLeast = -Infinity, above = -Infinity, atMost = Infinity, below = Infinity } = condition as Record<string, number>;
  return value >= atLeast && value > above && value <= atMost && value < below;
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
