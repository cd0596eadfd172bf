import { durationMs, type EventDefinition, type FeatureMeasure, type Filter, type WindowedFeature } from "../../model/index.ts";
import type { FeatureColumn } from "./feature-columns.ts";

/** A measure over the events of one type within a window: a column of the table of that type, with a row for each label that any event counts for. */
export interface CountedColumn {
  readonly name: string;
  readonly column: string;
  /** ClickHouse type. */
  readonly type: FeatureColumn["clickhouseType"] | "Nullable(Int64)";
  readonly event: EventDefinition;
  readonly measure: FeatureMeasure;
  /** All must fit. */
  readonly filters: readonly Filter[];
  /** An event can count if its age at the label's time, in microseconds, is above `delay` and at most `reach`. */
  readonly delay: number;
  readonly reach: number;
}

/** Longer windows see no more: times lie within 230 years. It keeps microseconds exact as JavaScript numbers. */
const LONGEST_MS = 250 * 365.25 * 86_400_000;

/** What must be measured over events for these columns. */
export function countedColumns(columns: readonly FeatureColumn[]): readonly CountedColumn[] {
  return columns.flatMap(({ clickhouseType: type, column, feature }) =>
    feature.kind === "window"
      ? [{ ...windowOf(feature), name: feature.name, column: countedColumn(column), type: countedType(feature, type) }]
      : [],
  );
}

/** The column of a feature's measure in the table of its event. */
export function countedColumn(column: string): string {
  return `counted_${column}`;
}

/** Whether a feature is worked out from the time of an event. */
export function isAge({ measure }: WindowedFeature): boolean {
  return measure.kind === "ageOfLast" || measure.kind === "ageOfFirst";
}

/** The time of an event is in microseconds. */
function countedType(feature: WindowedFeature, type: CountedColumn["type"]): CountedColumn["type"] {
  return isAge(feature) ? "Nullable(Int64)" : type;
}

/** As ages of events at the label's time T: T - delay - lag - window <= time < T - delay - lag is delay + lag < T - time <= delay + lag + window. */
function windowOf({ delay, event, filters, lag, measure, window }: WindowedFeature): Omit<CountedColumn, "name" | "column" | "type"> {
  const end = durationMs(delay) + durationMs(lag);
  const start = window === null ? LONGEST_MS : end + durationMs(window);
  return { event, measure, filters, delay: Math.min(end, LONGEST_MS) * 1_000, reach: Math.min(start, LONGEST_MS) * 1_000 };
}
