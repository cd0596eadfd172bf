import { durationMs, type Feature, type FeatureSet, type Watermark } from "../../model/index.ts";
import { fieldValue, isWithin, type OracleEvent } from "./event.ts";
import { measureEvents, type MeasureValue } from "./measure.ts";

/** A label row: whom, and the moment T of the decision, microseconds since 1970. */
export interface OracleSpineRow {
  readonly entity: string;
  readonly time: number;
}

/**
 * The features of each row, in the order of the spine, by the rule of the design alone: an event counts iff it is the entity's,
 * `T - delay - window <= time < T - delay`, `known_at <= T`, and it lies at or before `asOf`. A value of no events is null, but a count of none is 0.
 */
export function oracleFeatures(
  events: readonly OracleEvent[],
  set: FeatureSet,
  spine: readonly OracleSpineRow[],
  asOf?: Watermark,
): Record<string, MeasureValue>[] {
  return spine.map((row) =>
    Object.fromEntries(
      Object.entries(set.features).map(([name, feature]) => {
        const counted = events.filter((event) => isWithin(event, asOf) && counts(event, set.entity, feature, row));
        return [name, measureEvents(feature.metric, counted)["value"] ?? null];
      }),
    ),
  );
}

function counts(
  event: OracleEvent,
  entityField: string,
  { metric, window, delay = "0s" }: Feature,
  { entity, time }: OracleSpineRow,
): boolean {
  if (event.type !== metric.event.type) return false;
  const whom = fieldValue(event, entityField, metric.event);
  const end = time - durationMs(delay) * 1_000;
  const start = end - durationMs(window) * 1_000;
  return whom !== null && String(whom) === entity && event.time >= start && event.time < end && event.known_at <= time;
}
