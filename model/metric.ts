import type { EventDefinition } from "./event.ts";
import type { FieldOf, NumericFieldOf } from "./field.ts";
import type { Measure } from "./measure.ts";

/** One number about a stream of events, declared once; its rollup, trends, panels and features follow from it. Made by {@link defineMetric}. */
export interface Metric<
  Name extends string = string,
  Dimension extends string = string,
  M extends Measure = Measure,
  E extends EventDefinition = EventDefinition,
> {
  readonly name: Name;
  readonly event: E;
  readonly measure: M;
  /** Fields that answers can be grouped and filtered by. */
  readonly dimensions: readonly Dimension[];
  /** Base grain of the rollup: a fixed length that divides a day, such as "1 minute". */
  readonly grain: string;
  /** Grains of further rollups, each a multiple of the one before that divides a day: where there are many rows of `grain`, long ranges are answered sooner, e.g. ["1 hour"]. */
  readonly coarser?: readonly string[];
  /** What one unit of the value is, e.g. "USD", "ms", "bytes". */
  readonly unit?: string;
  readonly description?: string;
}

/** What the author of a metric writes: no dimensions and a grain of one minute unless said. */
export interface MetricOptions<
  Name extends string,
  E extends EventDefinition,
  M extends Measure<NumericFieldOf<E>, FieldOf<E>>,
  D extends readonly FieldOf<E>[],
> {
  readonly name: Name;
  readonly event: E;
  readonly measure: M;
  readonly dimensions?: D;
  readonly grain?: string;
  readonly coarser?: readonly string[];
  readonly unit?: string;
  readonly description?: string;
}

/** Declares a metric. A measure or dimension on a field that the event lacks, or a sum of a field that is no number, does not compile. */
export function defineMetric<
  const Name extends string,
  E extends EventDefinition,
  const M extends Measure<NumericFieldOf<E>, FieldOf<E>>,
  const D extends readonly FieldOf<E>[] = [],
>(options: MetricOptions<Name, E, M, D>): Metric<Name, D[number], M, E> {
  const { dimensions = [], ...rest } = options;
  return { grain: "1 minute", ...rest, dimensions };
}

/** A metric once for each of its rollups, with that one's grain, the finest first: they are made, filled, compared and read one by one. */
export function atEachGrain({ coarser = [], ...finest }: Metric): readonly Metric[] {
  return [finest.grain, ...coarser].map((grain) => ({ ...finest, grain }));
}
