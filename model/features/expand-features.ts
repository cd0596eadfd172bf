import type { EventDefinition } from "../event.ts";
import type { DimensionValue, FieldFilter, Filter } from "../filter/filter.ts";
import type { Measure } from "../measure.ts";
import { parseDuration } from "../time/duration.ts";
import type { CalendarPart } from "./calendar.ts";
import type { AgeFeature, CalendarFeature, DistinctFeature, Feature, LatestFeature, MetricFeature } from "./feature.ts";
import type { FeatureSet } from "./feature-set.ts";
import { valueName } from "./windows.ts";

/** One column of a feature table: everything that its values follow from, besides the events. */
export type NamedFeature = WindowedFeature | CombinedFeature | CalendarPartFeature;

/** What every column has. */
export interface NamedColumn {
  readonly name: string;
  /** The declaration that it comes from, by its name in the set. */
  readonly declaredAs: string;
  readonly unit: string | null;
  readonly description: string | null;
}

/** A measure over the events of an entity in [T - delay - lag - window, T - delay - lag). */
export interface WindowedFeature extends NamedColumn {
  readonly kind: "window";
  readonly event: EventDefinition;
  readonly measure: FeatureMeasure;
  /** All must fit. */
  readonly filters: readonly Filter[];
  /** Null: without a beginning. */
  readonly window: string | null;
  readonly delay: string;
  readonly lag: string;
}

/** What a window is measured by: as a metric, or by the seconds from its last or first event to T. */
export type FeatureMeasure = Measure | { readonly kind: "ageOfLast" } | { readonly kind: "ageOfFirst" };

/** One column worked out from two others of the set. */
export interface CombinedFeature extends NamedColumn {
  readonly kind: "ratio" | "difference";
  readonly left: string;
  readonly right: string;
  /** The quotient is multiplied by it; 1 for a difference. */
  readonly scale: number;
}

/** A part of T on a zone's clocks. */
export interface CalendarPartFeature extends NamedColumn {
  readonly kind: "calendar";
  readonly part: CalendarPart;
  readonly zone: string;
}

/** The columns of a checked feature set, in the order of declaration: those of one declaration by value, window and lag. */
export function expandFeatures(set: Pick<FeatureSet, "features">): readonly NamedFeature[] {
  return Object.entries(set.features).flatMap(([name, feature]) => expandFeature(name, feature));
}

/** The columns of one declaration. */
export function expandFeature(name: string, feature: Feature): readonly NamedFeature[] {
  const words = { declaredAs: name, unit: feature.unit ?? null, description: feature.description ?? null };
  switch (feature.kind) {
    case undefined:
    case "distinct":
      return windows(name, feature);
    case "latest":
      return [{ ...words, ...past(name, feature), measure: { kind: "last", field: feature.field } }];
    case "ageOf":
    case "sinceFirst":
      return [{ ...words, ...past(name, feature), unit: "s", measure: { kind: feature.kind === "ageOf" ? "ageOfLast" : "ageOfFirst" } }];
    case "ratio":
      return [{ ...words, name, kind: "ratio", left: feature.numerator, right: feature.denominator, scale: feature.scale }];
    case "difference":
      return [{ ...words, name, kind: "difference", left: feature.value, right: feature.minus, scale: 1 }];
    case "calendar":
      return calendarParts(feature).map(({ part, suffix }) => ({
        ...words,
        name: joined(name, suffix),
        kind: "calendar",
        part,
        zone: feature.zone,
      }));
  }
}

function windows(name: string, feature: MetricFeature | DistinctFeature): WindowedFeature[] {
  const { delay = "0s", description, filter } = feature;
  const measured =
    feature.kind === "distinct"
      ? { event: feature.event, measure: { kind: "uniq", field: feature.field, exact: true } as const, unit: undefined }
      : { event: feature.metric.event, measure: exactly(feature.metric.measure), unit: feature.metric.unit };
  const shared = { kind: "window", declaredAs: name, ...measured, delay, description: description ?? null } as const;
  return valuesOf(feature.by).flatMap((value) =>
    severalOf(feature.window).flatMap((window) =>
      lagsOf(feature.lag).map((lag) => ({
        ...shared,
        name: joined(name, value.suffix, window.suffix, lag.suffix),
        unit: feature.unit ?? measured.unit ?? null,
        filters: [...(filter ? [filter] : []), ...value.filters],
        window: window.text,
        lag: lag.text,
      })),
    ),
  );
}

/** A feature counts distinct values exactly, also of a metric that estimates them: its values are kept, and are few. */
function exactly(measure: Measure): Measure {
  return measure.kind === "uniq" ? { ...measure, exact: true } : measure;
}

/** A part of a declaration that makes several features, and what it adds to their names. */
interface Several {
  readonly text: string;
  readonly suffix: string | undefined;
}

function severalOf(texts: string | readonly string[]): readonly Several[] {
  return typeof texts === "string" ? [{ text: texts, suffix: undefined }] : texts.map((text) => ({ text, suffix: text }));
}

function lagsOf(lag: string | readonly string[] = "0s"): readonly Several[] {
  return severalOf(lag).map(({ suffix, text }) => ({
    text,
    suffix: suffix === undefined || parseDuration(suffix) === 0 ? undefined : `${suffix}_ago`,
  }));
}

function valuesOf(by: MetricFeature["by"]): readonly { readonly filters: readonly Filter[]; readonly suffix: string | undefined }[] {
  if (by === undefined) return [{ filters: [], suffix: undefined }];
  return Object.entries(by).flatMap(([field, values]) =>
    namedValues(values).map(([suffix, value]) => ({ filters: [{ [field]: value }], suffix: suffix ?? "" })),
  );
}

/** The values of `by` with the names that they have in features' names; without one where a value makes none. */
export function namedValues(
  values: Exclude<MetricFeature["by"], undefined>[string],
): readonly (readonly [name: string | undefined, value: FieldFilter])[] {
  return isList(values) ? values.map((value) => [valueName(value), value]) : Object.entries(values);
}

function isList(values: unknown): values is readonly DimensionValue[] {
  return Array.isArray(values);
}

function past(name: string, feature: LatestFeature | AgeFeature): Omit<WindowedFeature, "measure" | "declaredAs" | "unit" | "description"> {
  const { delay = "0s", event, filter, maxAge = null } = feature;
  return { kind: "window", name, event, filters: filter ? [filter] : [], window: maxAge, delay, lag: "0s" };
}

function calendarParts({ part }: CalendarFeature): readonly { readonly part: CalendarPart; readonly suffix: string | undefined }[] {
  return typeof part === "string" ? [{ part, suffix: undefined }] : part.map((each) => ({ part: each, suffix: each }));
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("_");
}
