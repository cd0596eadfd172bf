import type { EventDefinition } from "../event.ts";
import { resolveField } from "../field.ts";
import { filterConditions } from "../filter/filter-conditions.ts";
import type { Filter } from "../filter/filter.ts";
import type { Problem } from "../problem.ts";
import type { Project } from "../project.ts";
import { parseDuration } from "../time/duration.ts";
import { isTimeZone } from "../time/zone.ts";
import { CALENDAR_PARTS } from "./calendar.ts";
import { namedValues } from "./expand-features.ts";
import type { AgeFeature, CalendarFeature, DistinctFeature, Feature, LatestFeature, MetricFeature, RatioFeature } from "./feature.ts";

/** Measures that a window over raw events can be asked for. */
const SUPPORTED = ["count", "sum", "avg", "variance", "stddev", "min", "max", "first", "last", "uniq"];

/** What is wrong with one declaration by itself. A config in plain JavaScript may hold anything. */
export function checkFeature(feature: Feature, project: Project, path: string): Problem[] {
  switch (typeof feature === "object" && feature !== null ? feature.kind : null) {
    case undefined:
    case "distinct":
      return checkWindows(feature as MetricFeature | DistinctFeature, project, path);
    case "latest":
    case "ageOf":
    case "sinceFirst":
      return checkPast(feature as LatestFeature | AgeFeature, project, path);
    case "ratio": {
      const { scale } = feature as RatioFeature;
      return Number.isFinite(scale) && scale !== 0 ? [] : [{ path: `${path}.scale`, rule: "must be a number other than 0" }];
    }
    case "difference":
      return [];
    case "calendar":
      return checkCalendar(feature as CalendarFeature, path);
    default:
      return [
        {
          path,
          rule: "must be a metric and a window, or made by over, distinct, latest, ageOf, sinceFirst, ratio, difference or calendar",
        },
      ];
  }
}

function checkWindows(feature: MetricFeature | DistinctFeature, project: Project, path: string): Problem[] {
  const { by, delay, filter = {}, lag, window } = feature;
  const event = feature.kind === "distinct" ? feature.event : feature.metric?.event;
  const problems = [
    ...lengths(window, `${path}.window`, 'must be a duration above zero such as "1h" or "30d"', 1),
    ...(lag === undefined ? [] : lengths(lag, `${path}.lag`, 'must be a duration such as "7d"', 0)),
    ...checkDelay(delay, path),
  ];
  const source = feature.kind === "distinct" ? checkEvent(feature, project, path) : checkMetricOf(feature, project, path);
  if (source.length > 0 || event === undefined) return [...problems, ...source];
  return [...problems, ...checkFilter(event, filter, `${path}.filter`), ...(by === undefined ? [] : checkBy(event, by, `${path}.by`))];
}

function checkMetricOf({ metric }: MetricFeature, project: Project, path: string): Problem[] {
  if (!project.metrics.includes(metric)) return [{ path: `${path}.metric`, rule: "is not in the project's metrics: add it to `metrics`" }];
  const { kind } = metric.measure;
  return SUPPORTED.includes(kind) ? [] : [{ path: `${path}.metric`, rule: `measures ${kind}; a feature can be ${SUPPORTED.join(", ")}` }];
}

function checkPast(feature: LatestFeature | AgeFeature, project: Project, path: string): Problem[] {
  const { delay, event, filter = {}, maxAge } = feature;
  const problems = [
    ...(maxAge === undefined ? [] : lengths([maxAge], `${path}.maxAge`, 'must be a duration above zero such as "30d"', 1)),
    ...checkDelay(delay, path),
    ...checkEvent(feature, project, path),
  ];
  return problems.length > 0 ? problems : checkFilter(event, filter, `${path}.filter`);
}

function checkEvent(feature: DistinctFeature | LatestFeature | AgeFeature, project: Project, path: string): Problem[] {
  const { event } = feature;
  if (!project.events.includes(event)) return [{ path: `${path}.event`, rule: "is not in the project's events: add it to `events`" }];
  if (!("field" in feature)) return [];
  const field = resolveField(event, feature.field);
  return "problem" in field ? [{ path: `${path}.field`, rule: field.problem }] : [];
}

function checkDelay(delay: string | undefined, path: string): Problem[] {
  return delay === undefined ? [] : lengths([delay], `${path}.delay`, 'must be a duration such as "5m"', 0);
}

/** Lengths of time, at least `least` milliseconds each: what is below zero would look beyond T. */
function lengths(wanted: string | readonly string[], path: string, rule: string, least: number): Problem[] {
  const texts = typeof wanted === "string" ? [wanted] : wanted;
  if (!Array.isArray(texts) || texts.length === 0) return [{ path, rule }];
  const wrong = texts.find((text) => (parseDuration(String(text)) ?? -1) < least);
  if (wrong === undefined) return [];
  return [{ path, rule: String(wrong).startsWith("-") ? `${rule}: "${wrong}" would look ahead of the label's time` : rule }];
}

function checkFilter(event: EventDefinition, filter: Filter, path: string): Problem[] {
  return Object.entries(filter).flatMap(([ref, wanted]) => {
    const field = resolveField(event, ref);
    if ("problem" in field) return [{ path, rule: field.problem }];
    const conditions = filterConditions(field, wanted);
    return "problem" in conditions ? [{ path, rule: conditions.problem.replace(/^The/, "the") }] : [];
  });
}

function checkBy(event: EventDefinition, by: Exclude<MetricFeature["by"], undefined>, path: string): Problem[] {
  const [[ref, values] = [], ...others] = Object.entries(by);
  if (ref === undefined || values === undefined || others.length > 0) return [{ path, rule: "must name one field" }];
  const named = namedValues(values);
  if (named.length === 0) return [{ path: `${path}.${ref}`, rule: "must declare at least one value" }];
  return named.flatMap(([name, value]) =>
    name === undefined
      ? [{ path: `${path}.${ref}`, rule: `${JSON.stringify(value)} makes no name: write { a_name: ${JSON.stringify(value)} }` }]
      : checkFilter(event, { [ref]: value }, `${path}.${ref}`),
  );
}

function checkCalendar({ part, zone }: CalendarFeature, path: string): Problem[] {
  const parts = Array.isArray(part) ? part : [part];
  const unknown = parts.length === 0 || parts.some((each) => !Object.hasOwn(CALENDAR_PARTS, each));
  return [
    ...(unknown ? [{ path: `${path}.part`, rule: `must be of ${Object.keys(CALENDAR_PARTS).join(", ")}` }] : []),
    ...(isTimeZone(zone) ? [] : [{ path: `${path}.zone`, rule: 'must be an IANA time zone such as "Europe/Berlin"' }]),
  ];
}
