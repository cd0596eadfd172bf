import type { EventDefinition } from "../event.ts";
import type { DimensionValue, FieldFilter, Filter } from "../filter/filter.ts";
import type { Metric } from "../metric.ts";
import type { CalendarPart } from "./calendar.ts";

/** A feature as it is declared. T is the time of a label row. */
export type Feature = MetricFeature | DistinctFeature | LatestFeature | AgeFeature | RatioFeature | DifferenceFeature | CalendarFeature;

/** What any feature may say of itself. */
export interface FeatureWords {
  /** What one unit of the value is. Default: what follows from the definition. */
  readonly unit?: string;
  readonly description?: string;
}

/** Which stretches of time before T count, and which events in them. */
interface Windows extends FeatureWords {
  /** Length of the window, e.g. "1h", "30d"; or of several, each a feature of its own: "orders" over ["1h", "7d"] is `orders_1h` and `orders_7d`. */
  readonly window: string | readonly string[];
  /** How late a value is served: the window is [T - delay - window, T - delay). Default "0s". */
  readonly delay?: string;
  /**
   * Moves the window into the past by so much: [T - delay - lag - window, T - delay - lag), of what is known at T. Several are a feature each, "0s" the window itself:
   * ["0s", "7d"] gives `orders_1h` and `orders_1h_7d_ago`. Default "0s".
   */
  readonly lag?: string | readonly string[];
  /** Only events that fit count. */
  readonly filter?: Filter;
  /**
   * A feature for each of the declared values of one field: `{ country: ["DE", "AT"] }` gives `orders_de` and `orders_at`. Or for each filter of it, under a name of its own:
   * `{ amount: { small: { lt: 10 }, large: { gte: 10 } } }`.
   */
  readonly by?: Readonly<Record<string, readonly DimensionValue[] | Readonly<Record<string, FieldFilter>>>>;
}

/** A metric over windows. Written as it is, or made by `over`, which knows the event's fields. */
export interface MetricFeature extends Windows {
  readonly kind?: undefined;
  readonly metric: Metric;
}

/** Distinct values of a field over windows, exactly. Made by `distinct`. */
export interface DistinctFeature extends Windows {
  readonly kind: "distinct";
  readonly event: EventDefinition;
  readonly field: string;
}

/** Which past events count where there is no window. */
interface Past extends FeatureWords {
  readonly event: EventDefinition;
  /** Older events do not count: those from T - delay - maxAge on do. Default: all do. */
  readonly maxAge?: string;
  /** Only events before T - delay count. Default "0s". */
  readonly delay?: string;
  /** Only events that fit count. */
  readonly filter?: Filter;
}

/** The field's value in the latest event that has it. Made by `latest`. */
export interface LatestFeature extends Past {
  readonly kind: "latest";
  readonly field: string;
}

/** Seconds from the last, or the first, event to T. Made by `ageOf` and `sinceFirst`. */
export interface AgeFeature extends Past {
  readonly kind: "ageOf" | "sinceFirst";
}

/** One feature divided by another. Made by `ratio`. */
export interface RatioFeature extends FeatureWords {
  readonly kind: "ratio";
  readonly numerator: string;
  readonly denominator: string;
  readonly scale: number;
}

/** One feature less another. Made by `difference`. */
export interface DifferenceFeature extends FeatureWords {
  readonly kind: "difference";
  readonly value: string;
  readonly minus: string;
}

/** Parts of T on a zone's clocks and calendar. Made by `calendar`. */
export interface CalendarFeature extends FeatureWords {
  readonly kind: "calendar";
  readonly part: CalendarPart | readonly CalendarPart[];
  readonly zone: string;
}
