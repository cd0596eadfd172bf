import type { Metric } from "./metric.ts";

/** One column of a feature table: a metric over the window that ends `delay` before the label's time. */
export interface Feature {
  readonly metric: Metric;
  /** Length of the window, e.g. "1h", "30d". */
  readonly window: string;
  /** How late a value is served: the window is [T - delay - window, T - delay). Default "0s". */
  readonly delay?: string;
}

/** Features of one kind of entity. Made by {@link defineFeatures}. */
export interface FeatureSet<Name extends string = string> {
  readonly name: Name;
  /** The field that says whom an event is about, on every metric's event: `subject`, or a path into `data`. */
  readonly entity: string;
  readonly features: Readonly<Record<string, Feature>>;
  readonly description?: string;
}

/** Declares the features of an entity; each becomes a column of that name. */
export function defineFeatures<const Name extends string>(options: FeatureSet<Name>): FeatureSet<Name> {
  return options;
}
