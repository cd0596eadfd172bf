import { z } from "zod";
import { checkDashboards } from "./check-dashboards.ts";
import { checkDerived } from "./check-derived.ts";
import { checkEvent } from "./check-event.ts";
import { checkMetric } from "./check-metric.ts";
import { checkFeatureSet } from "./features/check-features.ts";
import { duplicates, NAME_RULE, type Problem } from "./problem.ts";
import type { DashboardDefinition } from "./dashboard.ts";
import type { DerivedMetric } from "./derived-metric.ts";
import type { EventDefinition } from "./event.ts";
import type { FeatureSet } from "./features/feature-set.ts";
import type { Metric } from "./metric.ts";
import { partitionSubject, storedStreams } from "./partitions.ts";
import type { Project, StreamDefinition } from "./project.ts";
import type { SavedQuery } from "./saved-query.ts";
import { durationMs, parseDuration } from "./time/duration.ts";
import { isTimeZone } from "./time/zone.ts";

const duration = z.string().refine((text) => parseDuration(text) !== undefined, 'must be a duration such as "90s", "10m" or "1h"');
/** Entries of the window hold their time in 32 bits of milliseconds: 49.7 days. */
const LONGEST_WINDOW_MS = 49 * 86_400_000;
const whole = (least: number, most: number) => z.int().min(least).max(most);
/** A duration within limits, both included. */
const lasting = (least: string, most: string) =>
  duration.refine((text) => {
    const ms = parseDuration(text);
    return ms === undefined || (ms >= durationMs(least) && ms <= durationMs(most));
  }, `must last from ${least} to ${most}`);

const CLICKHOUSE_DATABASES = new Set(["system", "information_schema"]);

/** The outline of a project; what it means is checked afterwards, item by item. */
const outline = z.strictObject({
  name: z
    .string()
    .regex(NAME_RULE.pattern, NAME_RULE.text)
    .refine((name) => !CLICKHOUSE_DATABASES.has(name), {
      error: ({ input }) => `"${String(input)}" is a database of ClickHouse's own: choose another name`,
    }),
  streams: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "-" or "_"'),
        subjects: z.array(z.string().regex(/^(?!.*>\.)[^\s.]+(\.[^\s.]+)*$/, "must be a NATS subject")).min(1),
        replicas: z.literal([1, 3, 5]).optional(),
        duplicateWindow: duration.optional(),
        partitions: whole(2, 256).optional(),
      }),
    )
    .min(1),
  events: z.array(z.custom<EventDefinition>(isEvent, "must be made by defineEvent")),
  metrics: z.array(z.custom<Metric>(isMetric, "must be made by defineMetric")),
  derived: z.array(z.custom<DerivedMetric>(isRecord, "must be made by defineRatio or defineFormula")),
  features: z.array(z.custom<FeatureSet>((value) => isRecord(value) && isRecord(value["features"]), "must be made by defineFeatures")),
  queries: z.array(z.custom<SavedQuery>((value) => isRecord(value) && isRecord(value["request"]), "must be made by defineQuery")),
  dashboards: z.array(z.custom<DashboardDefinition>(isDashboard, "must be made by defineDashboard")),
  unknownEvents: z.enum(["accept", "dead-letter"]),
  deduplicate: z
    .strictObject({
      within: duration.refine((text) => {
        const ms = parseDuration(text) ?? 1;
        return ms >= 1 && ms <= LONGEST_WINDOW_MS;
      }, "must be from 1ms to 49d"),
    })
    .optional(),
  lateness: duration,
  timezone: z.string().refine(isTimeZone, 'must be an IANA time zone such as "Europe/Berlin"'),
  limits: z.strictObject({
    batchRows: whole(1, 1_000_000),
    batchBytes: whole(1_024, 1_073_741_824),
    batchAge: lasting("1ms", "1h"),
    maxPayload: whole(1, 67_108_864),
    maxDepth: whole(1, 900),
    readAhead: whole(65_536, 1_073_741_824),
    lease: lasting("1s", "1h"),
    drain: lasting("100ms", "1h"),
    stalled: lasting("1s", "1d"),
  }),
});

/**
 * Checks what a config file exports, rule by rule.
 * @returns every problem found, with the path to it; none = the value is a {@link Project}
 */
export function checkProject(value: unknown): readonly Problem[] {
  const parsed = outline.safeParse(value);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({ path: pathText(issue.path), rule: issue.message }));
  }
  const project = value as Project;
  return [
    ...duplicates(
      project.streams.map((stream) => stream.name),
      (index) => `streams[${index}].name`,
      "stream",
    ),
    ...partitionNames(project.streams),
    ...project.streams.flatMap((stream, index) => overlaps(project.streams.slice(0, index), stream, index)),
    ...duplicates(
      project.events.map((event) => event.type),
      (index) => `events[${index}].type`,
      "event type",
    ),
    ...project.events.flatMap((event, index) => checkEvent(event, `events[${index}]`)),
    ...duplicates(
      project.metrics.map((metric) => metric.name),
      (index) => `metrics[${index}].name`,
      "metric",
    ),
    ...project.metrics.flatMap((metric, index) => checkMetric(metric, project, `metrics[${index}]`)),
    ...duplicates(
      project.derived.map((metric) => metric.name),
      (index) => `metrics.${project.derived[index]?.name ?? ""}.name`,
      "metric",
    ),
    ...project.derived.flatMap((metric) => checkDerived(metric, project, `metrics.${metric.name}`)),
    ...duplicates(
      project.features.map((set) => set.name),
      (index) => `features[${index}].name`,
      "feature set",
    ),
    ...duplicates(
      project.queries.map((query) => query.name),
      (index) => `queries[${index}].name`,
      "query",
    ),
    ...project.queries.flatMap(({ name }, index) =>
      NAME_RULE.pattern.test(name) ? [] : [{ path: `queries[${index}].name`, rule: NAME_RULE.text }],
    ),
    ...checkDashboards(project.dashboards),
    ...project.features.flatMap((set, index) => checkFeatureSet(set, project, `features[${index}]`)),
  ];
}

/** JetStream refuses subjects that overlap, in two streams or in one: a message would be stored twice. */
function overlaps(earlier: readonly StreamDefinition[], stream: StreamDefinition, index: number): Problem[] {
  const problems: Problem[] = [];
  for (const [place, subject] of stream.subjects.entries()) {
    const stored = storedSubject(stream, subject);
    const other = earlier.find((before) =>
      before.subjects.some((otherSubject) => subjectsMeet(stored, storedSubject(before, otherSubject))),
    );
    if (other) problems.push({ path: `streams[${index}].subjects`, rule: `"${subject}" overlaps a subject of stream "${other.name}"` });
    const neighbour = stream.subjects.slice(0, place).find((before) => subjectsMeet(subject.split("."), before.split(".")));
    if (neighbour !== undefined)
      problems.push({ path: `streams[${index}].subjects[${place}]`, rule: `"${subject}" overlaps "${neighbour}"` });
  }
  return problems;
}

/** The tokens of a subject as JetStream stores it. */
function storedSubject({ partitions }: StreamDefinition, subject: string): string[] {
  return (partitions === undefined ? subject : partitionSubject("*", subject)).split(".");
}

/** A stream may not have the name of another's partition. */
function partitionNames(streams: readonly StreamDefinition[]): Problem[] {
  return streams.flatMap(({ name }, index) => {
    const of = storedStreams(streams).find((stored) => stored.name === name && stored.partition)?.partition?.of;
    return of === undefined ? [] : [{ path: `streams[${index}].name`, rule: `is the name of a partition of stream "${of}"` }];
  });
}

function subjectsMeet(a: readonly string[], b: readonly string[]): boolean {
  const [headA, ...restA] = a;
  const [headB, ...restB] = b;
  if (headA === undefined || headB === undefined) return headA === headB;
  if (headA === ">" || headB === ">") return true;
  return (headA === "*" || headB === "*" || headA === headB) && subjectsMeet(restA, restB);
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text.replace(/^\./, "") || "the default export";
}

function isEvent(value: unknown): boolean {
  return isRecord(value) && value["data"] instanceof z.ZodObject && isRecord(value["upcast"]);
}

function isMetric(value: unknown): boolean {
  return isRecord(value) && isRecord(value["measure"]) && Array.isArray(value["dimensions"]) && typeof value["grain"] === "string";
}

function isDashboard(value: unknown): boolean {
  return isRecord(value) && typeof value["title"] === "string" && Array.isArray(value["rows"]) && value["rows"].every(isRow);
}

function isRow(value: unknown): boolean {
  return isRecord(value) && typeof value["title"] === "string" && Array.isArray(value["panels"]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
