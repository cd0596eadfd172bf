import type { EventDefinition } from "../event.ts";
import type { FieldOf } from "../field.ts";
import type { DimensionValue, FilterOf } from "../filter/filter.ts";
import type { Measure, QuantilesMeasure } from "../measure.ts";
import type { Metric } from "../metric.ts";
import type { DistinctFeature, MetricFeature } from "./feature.ts";

/** Values of a field, or filters of it by name. */
type Values = Exclude<MetricFeature["by"], undefined>[string];

/** The windows of a feature over an event, whose fields the compiler knows; what each means is said at {@link MetricFeature}. */
export interface WindowOptions<E extends EventDefinition = EventDefinition> extends Omit<
  MetricFeature,
  "kind" | "metric" | "filter" | "by"
> {
  readonly filter?: FilterOf<E>;
  readonly by?: string extends E["type"] ? Readonly<Record<string, Values>> : { readonly [Name in FieldOf<E>]?: Values };
}

/**
 * A metric over one window or several. Null where no event of the window has the metric's field; a count is 0 there.
 * @example over(orders, { window: ["1h", "7d"], lag: ["0s", "7d"], filter: { gift: true } })
 */
export function over<E extends EventDefinition>(
  metric: Metric<string, string, Exclude<Measure, QuantilesMeasure>, E>,
  options: WindowOptions<E>,
): MetricFeature {
  return { metric, ...(options as Omit<MetricFeature, "metric">) };
}

/**
 * How many distinct values of a field the events of a window have, exactly; 0 where none has it.
 * @example distinct(orderPlaced, "country", { window: "30d" })
 */
export function distinct<E extends EventDefinition>(event: E, field: FieldOf<E>, options: WindowOptions<E>): DistinctFeature {
  return { kind: "distinct", event, field, ...(options as Omit<DistinctFeature, "kind" | "event" | "field">) };
}

/** Names a value of `by` in a feature's name: "DE" is `de`, null is `none`; undefined where no letter or digit is left. */
export function valueName(value: DimensionValue): string | undefined {
  const text = value === null ? "none" : String(value).toLowerCase();
  return text.replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "") || undefined;
}
