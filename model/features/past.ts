import type { EventDefinition } from "../event.ts";
import type { FieldOf } from "../field.ts";
import type { FilterOf } from "../filter/filter.ts";
import type { AgeFeature, FeatureWords, LatestFeature } from "./feature.ts";

/** Which past events count for a feature without a window. */
export interface PastOptions<E extends EventDefinition = EventDefinition> extends FeatureWords {
  /** Older events do not count: those from T - delay - maxAge on do. Default: all do. */
  readonly maxAge?: string;
  /** How late a value is served: only events before T - delay count. Default "0s". */
  readonly delay?: string;
  /** Only events that fit count. */
  readonly filter?: FilterOf<E>;
}

/**
 * The field's value in the latest event that has it; of several at the same time, in the last of the log. Null where none does.
 * @example latest(orderPlaced, "country", { maxAge: "90d" })
 */
export function latest<E extends EventDefinition>(event: E, field: FieldOf<E>, options: PastOptions<E> = {}): LatestFeature {
  return { kind: "latest", event, field, ...(options as Omit<LatestFeature, "kind" | "event" | "field">) };
}

/**
 * Seconds from the last event to T, to the microsecond. Null where there is none.
 * @example ageOf(orderPlaced, { filter: { gift: true } })
 */
export function ageOf<E extends EventDefinition>(event: E, options: PastOptions<E> = {}): AgeFeature {
  return { kind: "ageOf", event, ...(options as Omit<AgeFeature, "kind" | "event">) };
}

/** Seconds from the first event to T, to the microsecond. Null where there is none. */
export function sinceFirst<E extends EventDefinition>(event: E, options: PastOptions<E> = {}): AgeFeature {
  return { kind: "sinceFirst", event, ...(options as Omit<AgeFeature, "kind" | "event">) };
}
