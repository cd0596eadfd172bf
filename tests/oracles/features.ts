import { Temporal } from "temporal-polyfill";
import { durationMs, type CalendarPart, type EventDefinition, type Feature, type FeatureSet, type Watermark } from "../../model/index.ts";
import { fieldValue, isWithin, type OracleEvent } from "./event.ts";
import { passes, type OracleCondition, type OracleFilter } from "./filter.ts";
import { measureEvents, type MeasureValue } from "./measure.ts";

/** A label row: whom (by the names of the parts, where an entity has several), and the moment T of the decision, microseconds since 1970. */
export interface OracleSpineRow {
  readonly entity: string | Readonly<Record<string, string>>;
  readonly time: number;
}

/** The values of one label row, by the features' names. */
export type OracleValues = Readonly<Record<string, MeasureValue>>;

/**
 * The features of each row, in the order of the spine, by the rules of design section 8 and docs/features.md alone: an event counts iff it is the entity's, it fits the filters,
 * `T - delay - lag - window <= time < T - delay - lag`, `known_at <= T`, and it lies at or before `asOf`. A value of no events is null, but a count of none is 0.
 */
export function oracleFeatures(
  events: readonly OracleEvent[],
  set: FeatureSet,
  spine: readonly OracleSpineRow[],
  asOf?: Watermark,
): OracleValues[] {
  const known = events.filter((event) => isWithin(event, asOf));
  return spine.map((row) => {
    const values: Record<string, MeasureValue> = {};
    for (const [name, feature] of Object.entries(set.features)) Object.assign(values, ofEvents(name, feature, known, set.entity, row));
    // What is worked out from others may stand before them, and be a part of others again.
    for (let round = 0; round < Object.keys(set.features).length; round++) {
      for (const [name, feature] of Object.entries(set.features)) {
        if (feature.kind === "ratio") values[name] = quotient(values[feature.numerator], values[feature.denominator], feature.scale);
        if (feature.kind === "difference") values[name] = less(values[feature.value], values[feature.minus]);
      }
    }
    return values;
  });
}

function ofEvents(
  name: string,
  feature: Feature,
  events: readonly OracleEvent[],
  entity: FeatureSet["entity"],
  row: OracleSpineRow,
): OracleValues {
  const counted = (event: EventDefinition, window: string | undefined, ago: readonly string[], filters: readonly OracleFilter[]) =>
    events.filter((one) => counts(one, event, entity, row, window, ago) && filters.every((filter) => passes(one, filter, event)));
  switch (feature.kind) {
    case undefined:
    case "distinct": {
      const metric =
        feature.kind === undefined
          ? feature.metric
          : { ...ANY, event: feature.event, measure: { kind: "uniq", field: feature.field, exact: true } as const };
      const { by, delay = "0s", filter = {}, lag = "0s", window } = feature;
      const values: Record<string, MeasureValue> = {};
      for (const [value, extra] of valuesOf(by)) {
        for (const length of [window].flat()) {
          for (const ago of [lag].flat()) {
            const suffixes = [value, Array.isArray(window) ? length : "", Array.isArray(lag) && durationMs(ago) > 0 ? `${ago}_ago` : ""];
            const own = counted(metric.event, length, [delay, ago], [filter as OracleFilter, extra]);
            values[[name, ...suffixes.filter((suffix) => suffix !== "")].join("_")] = picked(measureEvents(metric, own)["value"]);
          }
        }
      }
      return values;
    }
    case "latest": {
      const { delay = "0s", event, field, filter = {}, maxAge } = feature;
      const own = counted(event, maxAge, [delay], [filter as OracleFilter]);
      return { [name]: picked(measureEvents({ ...ANY, event, measure: { kind: "last", field } }, own)["value"]) };
    }
    case "ageOf":
    case "sinceFirst": {
      const { delay = "0s", event, filter = {}, maxAge } = feature;
      const ages = counted(event, maxAge, [delay], [filter as OracleFilter]).map(({ time }) => row.time - time);
      if (ages.length === 0) return { [name]: null };
      return { [name]: ages.reduce((a, b) => (feature.kind === "ageOf" ? Math.min(a, b) : Math.max(a, b))) / 1e6 };
    }
    case "calendar": {
      const part = (which: CalendarPart): number => calendarPart(row.time, which, feature.zone);
      if (typeof feature.part === "string") return { [name]: part(feature.part) };
      return Object.fromEntries(feature.part.map((which) => [`${name}_${which}`, part(which)]));
    }
    default:
      return {};
  }
}

/** A feature is a number or text: a truth value is its word. */
function picked(value: MeasureValue | undefined): MeasureValue {
  return typeof value === "boolean" ? String(value) : (value ?? null);
}

const ANY = { name: "any", dimensions: [], grain: "1 minute" } as const;

function counts(
  event: OracleEvent,
  definition: EventDefinition,
  entity: FeatureSet["entity"],
  row: OracleSpineRow,
  window: string | undefined,
  ago: readonly string[],
): boolean {
  if (event.type !== definition.type) return false;
  const isWhose = (field: string, wanted: string | undefined): boolean => {
    const value = fieldValue(event, field, definition);
    return value !== null && String(value) === wanted;
  };
  const whom = typeof row.entity === "string" ? { entity: row.entity } : row.entity;
  const fields = typeof entity === "string" ? { entity } : entity;
  const isOwn = Object.entries(fields).every(([name, field]) => isWhose(field, whom[name]));
  const end = ago.reduce((time, length) => time - durationMs(length) * 1_000, row.time);
  const start = window === undefined ? -Infinity : end - durationMs(window) * 1_000;
  return isOwn && event.time >= start && event.time < end && event.known_at <= row.time;
}

/** The values of `by` as their names and filters: one without a name and a filter if there is no `by`. */
function valuesOf(by: Readonly<Record<string, unknown>> | undefined): (readonly [name: string, filter: OracleFilter])[] {
  if (by === undefined) return [["", {}]];
  return Object.entries(by).flatMap(([field, values]) =>
    Array.isArray(values)
      ? values.map(
          (value: string | number | boolean | null) => [value === null ? "none" : String(value).toLowerCase(), { [field]: value }] as const,
        )
      : Object.entries(values as Record<string, OracleCondition>).map(([name, wanted]) => [name, { [field]: wanted }] as const),
  );
}

function quotient(a: MeasureValue | undefined, b: MeasureValue | undefined, scale: number): number | null {
  return typeof a !== "number" || typeof b !== "number" || b === 0 ? null : finite((a / b) * scale);
}

function less(a: MeasureValue | undefined, b: MeasureValue | undefined): number | null {
  return typeof a !== "number" || typeof b !== "number" ? null : finite(a - b);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function calendarPart(time: number, part: CalendarPart, zone: string): number {
  const shown = Temporal.Instant.fromEpochMilliseconds(Math.floor(time / 1_000)).toZonedDateTimeISO(zone);
  const parts: Record<CalendarPart, number> = {
    minute_of_hour: shown.minute,
    hour_of_day: shown.hour,
    day_of_week: shown.dayOfWeek,
    day_of_month: shown.day,
    day_of_year: shown.dayOfYear,
    week_of_year: shown.weekOfYear ?? 0,
    month_of_year: shown.month,
    quarter_of_year: Math.ceil(shown.month / 3),
    year: shown.year,
  };
  return parts[part];
}
