import { resolveField, type Field } from "../field.ts";
import { filterConditions } from "../filter/filter-conditions.ts";
import { filterWords } from "../filter/filter-words.ts";
import type { Filter } from "../filter/filter.ts";
import type { EventDefinition } from "../event.ts";
import { parseDuration } from "../time/duration.ts";
import { CALENDAR_PARTS } from "./calendar.ts";
import { expandFeatures, type FeatureMeasure, type NamedFeature, type WindowedFeature } from "./expand-features.ts";
import type { FeatureSet } from "./feature-set.ts";

/** What a feature's values are: whole numbers (there always is one), doubles, or text. */
export type FeatureType = "integer" | "number" | "text";

/** What is known of a feature before any value is. */
export interface FeatureDescription {
  readonly name: string;
  readonly type: FeatureType;
  /** What one unit of the value is; null if nothing says so. */
  readonly unit: string | null;
  /** When the feature has no value; null if it always has one. */
  readonly missing: string | null;
  /** How it is worked out, e.g. "sum(amount) of order.placed in [T - 7d, T) where gift = true". */
  readonly definition: string;
  /** The author's own words. */
  readonly description: string | null;
}

/** Describes the features of a checked set, in the order of their columns. */
export function describeFeatures(set: Pick<FeatureSet, "features">): readonly FeatureDescription[] {
  return describeColumns(expandFeatures(set));
}

/** Describes columns; those that combine others must find them among the rest, without a circle. */
export function describeColumns(features: readonly NamedFeature[]): readonly FeatureDescription[] {
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  return features.map((feature) => {
    const { description, name } = feature;
    return { name, type: typeOf(feature, byName), unit: unitOf(feature, byName), ...wordsOf(feature, byName), description };
  });
}

type ByName = ReadonlyMap<string, NamedFeature>;

function partsOf({ left, right }: Extract<NamedFeature, { left: string }>, byName: ByName): NamedFeature[] {
  return [left, right].map((name) => byName.get(name)).filter((part) => part !== undefined);
}

function typeOf(feature: NamedFeature, byName: ByName): FeatureType {
  switch (feature.kind) {
    case "window":
      return measureType(feature);
    case "calendar":
      return "integer";
    case "ratio":
      return "number";
    case "difference":
      return partsOf(feature, byName).every((part) => typeOf(part, byName) === "integer") ? "integer" : "number";
  }
}

function measureType({ event, measure }: WindowedFeature): FeatureType {
  if (measure.kind === "count" || measure.kind === "uniq") return "integer";
  if (measure.kind !== "first" && measure.kind !== "last") return "number";
  const { type } = fieldOf(event, measure.field);
  return type === "number" || type === "integer" ? "number" : "text";
}

/** A difference has the unit of its parts where they agree. */
function unitOf(feature: NamedFeature, byName: ByName): string | null {
  if (feature.unit !== null || feature.kind !== "difference") return feature.unit;
  const [one = null, other = null] = partsOf(feature, byName).map((part) => unitOf(part, byName));
  return one === other ? one : null;
}

function wordsOf(feature: NamedFeature, byName: ByName): Pick<FeatureDescription, "missing" | "definition"> {
  switch (feature.kind) {
    case "window":
      return { definition: windowWords(feature), missing: missingWords(feature) };
    case "calendar":
      return { definition: `${feature.part} of T in ${feature.zone}: ${CALENDAR_PARTS[feature.part]}`, missing: null };
    case "ratio": {
      const scale = feature.scale === 1 ? "" : ` * ${feature.scale}`;
      return {
        definition: `${feature.left} / ${feature.right}${scale}`,
        missing: `${feature.right} is 0, or one of the two has no value`,
      };
    }
    case "difference":
      return {
        definition: `${feature.left} - ${feature.right}`,
        missing: typeOf(feature, byName) === "integer" ? null : "one of the two has no value",
      };
  }
}

function windowWords(feature: WindowedFeature): string {
  const { delay, lag, window } = feature;
  const end = ["T", ...[delay, lag].filter((length) => parseDuration(length) !== 0)].join(" - ");
  return windowRule(feature, window === null ? `before ${end}` : `in [${end} - ${window}, ${end})`);
}

/** How a value is worked out from events, in words. @param span the stretch of time, e.g. "in [T - 7d, T)" */
export function windowRule({ event, filters, measure }: WindowedFeature, span: string): string {
  const where = filters.flatMap((filter) => filterParts(event, filter)).join(" and ");
  return `${measureWords(measure)} ${event.type} ${span}${where === "" ? "" : ` where ${where}`}`;
}

function measureWords(measure: FeatureMeasure): string {
  switch (measure.kind) {
    case "count":
      return "count of";
    case "ageOfLast":
      return "seconds to T from the last";
    case "ageOfFirst":
      return "seconds to T from the first";
    case "uniq":
      return `distinct ${measure.field} of`;
    default:
      return `${measure.kind}(${measure.field}) of`;
  }
}

function filterParts(event: EventDefinition, filter: Filter): string[] {
  return Object.entries(filter).map(([ref, wanted]) => {
    const field = fieldOf(event, ref);
    const conditions = filterConditions(field, wanted);
    return "problem" in conditions ? ref : filterWords(field, conditions);
  });
}

/** A count of nothing is 0; nothing else is. */
function missingWords({ measure, window }: WindowedFeature): string | null {
  if (measure.kind === "count" || measure.kind === "uniq") return null;
  const field = "field" in measure ? ` with ${measure.field}` : "";
  return `no such event${field}${window === null ? "" : " in the window"}`;
}

function fieldOf(event: EventDefinition, ref: string): Field {
  const field = resolveField(event, ref);
  if ("problem" in field) throw new Error(`A feature: ${field.problem}.`);
  return field;
}
