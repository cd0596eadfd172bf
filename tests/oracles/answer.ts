import { Temporal } from "temporal-polyfill";
import { grainOf, type Metric } from "../../model/index.ts";
import { fieldValue, type FieldValue, type OracleEvent } from "./event.ts";
import { passes, type OracleFilter } from "./filter.ts";
import type { OracleBucket } from "./grid.ts";
import { measureEvents, type MeasureValue } from "./measure.ts";

/** A metric as it is asked: measured, or one divided by another. */
export type OracleMetric =
  Metric | { readonly name: string; readonly numerator: Metric; readonly denominator: Metric; readonly scale: number };

/** What to ask; `from` and `to` are microseconds since 1970. */
export interface OracleQuestion {
  readonly metrics: readonly OracleMetric[];
  readonly from: number;
  readonly to: number;
  readonly grain: string;
  readonly zone: string;
  /** The grid; `[from, to)` may reach beyond the range. */
  readonly bucketsOf: (from: number, to: number) => readonly OracleBucket[];
  readonly groupBy: readonly string[];
  readonly filter: OracleFilter;
  readonly top?: number;
  readonly window?: { readonly kind: "rolling" | "average"; readonly buckets: number } | { readonly kind: "cumulative" };
  readonly transform?: "difference" | "growth" | "rate";
  /** How long ago, in words of Temporal: { days: 7 }. */
  readonly ago?: Temporal.DurationLike;
}

/** A group's values, null for those not among the top. */
export type OracleGroup = readonly FieldValue[] | "other";

/** Values of one bucket (or, without a start, of the whole range) by metric and output: "orders value". */
export interface OracleAnswerRow {
  readonly group: OracleGroup;
  readonly start: number | undefined;
  readonly values: Readonly<Record<string, MeasureValue>>;
  /** Those of the bucket of that name so long ago; null = there is none; undefined = not asked. */
  readonly compared?: Readonly<Record<string, MeasureValue>> | null;
}

/**
 * The answer to a question about trends by the definitions alone (docs/definitions.md): every value is measured anew over the events of its stretch of time. Empty buckets as measured;
 * nothing is filled.
 */
export function oracleAnswer(events: readonly OracleEvent[], question: OracleQuestion): OracleAnswerRow[] {
  const { from, to } = question;
  const whole = question.window !== undefined && question.window.kind !== "cumulative";
  const leads = whole || question.transform === "difference" || question.transform === "growth";
  const buckets = question.bucketsOf(from, to);
  // What looks back counts the first bucket whole.
  const begin = leads && !(question.window?.kind === "cumulative") ? buckets[0]!.start : from;
  const range = { from: begin, to };
  const other = question.ago === undefined ? undefined : otherPeriod(question, range, buckets);
  const groups = groupsOf(events, question, range, other);
  return groups.flatMap((group) => {
    const mine = (event: OracleEvent, metric: Metric): boolean => isOf(group, event, metric, question, groups);
    const rows = buckets.map((bucket): OracleAnswerRow => {
      const values = bucketValues(events, question, range, bucket, mine);
      if (!other) return { group, start: bucket.start, values };
      const there = other.counterpart(bucket);
      return { group, start: bucket.start, values, compared: there ? bucketValues(events, question, other.range, there, mine) : null };
    });
    const total: OracleAnswerRow = { group, start: undefined, values: measureAll(events, question, range.from, range.to, mine) };
    return [...rows, other ? { ...total, compared: measureAll(events, question, other.range.from, other.range.to, mine) } : total];
  });
}

type Mine = (event: OracleEvent, metric: Metric) => boolean;
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The values of every metric over the events of `[from, to)`, by "name output". */
function measureAll(
  events: readonly OracleEvent[],
  { filter, metrics }: OracleQuestion,
  from: number,
  to: number,
  mine: Mine,
): Record<string, MeasureValue> {
  const measure = (metric: Metric): Record<string, MeasureValue> => {
    const counted = events.filter(
      (event) =>
        event.type === metric.event.type &&
        event.time >= from &&
        event.time < to &&
        passes(event, filter, metric.event) &&
        mine(event, metric),
    );
    const values = measureEvents(metric, counted);
    if (metric.measure.kind === "sum") values["value"] ??= 0;
    return values;
  };
  return Object.assign(
    {},
    ...metrics.map((metric) => {
      if (!("numerator" in metric))
        return Object.fromEntries(Object.entries(measure(metric)).map(([name, value]) => [`${metric.name} ${name}`, value]));
      const [over, under] = [measure(metric.numerator)["value"], measure(metric.denominator)["value"]];
      const quotient = typeof over === "number" && typeof under === "number" && under !== 0 ? (over * metric.scale) / under : null;
      return { [`${metric.name} value`]: quotient };
    }),
  ) as Record<string, MeasureValue>;
}

function bucketValues(
  events: readonly OracleEvent[],
  question: OracleQuestion,
  range: Range,
  bucket: OracleBucket,
  mine: Mine,
): Record<string, MeasureValue> {
  const { bucketsOf, transform } = question;
  const now = windowed(events, question, range, bucket, mine);
  if (transform === undefined) return now.values;
  if (transform === "rate") return mapNumbers(now.values, (value) => value / (now.seconds ?? 1));
  const before = bucketsOf(bucket.start - 1, bucket.start).at(-1)!;
  const isFirst = question.window?.kind === "cumulative" && before.end <= bucketsOf(range.from, range.from + 1)[0]!.start;
  const then = isFirst ? {} : windowed(events, question, range, before, mine).values;
  return mapNumbers(now.values, (value, name) => {
    const old = then[name];
    if (typeof old !== "number") return null;
    if (transform === "difference") return exactDifference(value, old, question, name);
    return old === 0 ? null : ((value - old) / Math.abs(old)) * 100;
  });
}

/** Values over the window that ends with a bucket, and how many seconds it lasts. */
function windowed(
  events: readonly OracleEvent[],
  question: OracleQuestion,
  range: Range,
  bucket: OracleBucket,
  mine: Mine,
): { values: Record<string, MeasureValue>; seconds?: number } {
  const { bucketsOf, window } = question;
  const end = Math.min(bucket.end, range.to);
  const over = (start: number, until = end): Record<string, MeasureValue> => measureAll(events, question, start, until, mine);
  const seconds = (start: number): number => (end - start) / 1e6;
  if (!window) {
    // The bucket before the range is whole.
    const start = bucket.start < range.from && bucket.end > range.from ? range.from : bucket.start;
    return { values: over(start), seconds: seconds(start) };
  }
  if (window.kind === "cumulative") return { values: over(range.from), seconds: seconds(range.from) };
  let first = bucket;
  const all = [bucket];
  while (all.length < window.buckets) {
    first = bucketsOf(first.start - 1, first.start).at(-1)!;
    all.unshift(first);
  }
  const together = over(first.start);
  if (window.kind === "rolling") return { values: together, seconds: seconds(first.start) };
  const singly = all.map((one) => over(one.start, Math.min(one.end, range.to)));
  const means = Object.keys(together).map((name) => {
    const kind = kindOf(question, name);
    if (kind === "ratio" || kind === "avg") return [name, together[name]];
    if (kind === "count" || kind === "sum") return [name, Number(together[name]) / window.buckets];
    const known = singly.map((values) => values[name]).filter((value) => typeof value === "number");
    return [name, known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length];
  });
  return { values: Object.fromEntries(means) as Record<string, MeasureValue> };
}

function kindOf({ metrics }: OracleQuestion, name: string): string {
  const metric = metrics.find((one) => one.name === name.split(" ")[0])!;
  return "numerator" in metric ? "ratio" : metric.measure.kind;
}

function mapNumbers(
  values: Readonly<Record<string, MeasureValue>>,
  change: (value: number, name: string) => number | null,
): Record<string, MeasureValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? change(value, name) : null]));
}

/** Counts and sums have so many decimal places: they differ by a whole number of the last one. */
export function exactDifference(value: number, old: number, question: OracleQuestion, name: string): number {
  const metric = question.metrics.find((one) => one.name === name.split(" ")[0])!;
  const measured = "numerator" in metric ? undefined : metric.measure;
  const known = (measured?.kind === "sum" || measured?.kind === "count") && question.window?.kind !== "average";
  if (!known) return value - old;
  const scale = 10 ** (measured?.kind === "sum" ? (measured.decimals ?? 0) : 0);
  return Number(BigInt(Math.round(value * scale)) - BigInt(Math.round(old * scale))) / scale;
}

function groupOf(event: OracleEvent, groupBy: readonly string[], metric: Metric): FieldValue[] {
  return groupBy.map((ref) => fieldValue(event, ref, metric.event));
}

/** Groups with an event in anything that is looked at; of more than `top` the rest is one. */
function groupsOf(
  events: readonly OracleEvent[],
  question: OracleQuestion,
  range: Range,
  other: { readonly range: Range } | undefined,
): OracleGroup[] {
  const { filter, groupBy, metrics, top } = question;
  if (groupBy.length === 0) return [[]];
  const measured = metrics.flatMap((metric) => ("numerator" in metric ? [metric.numerator, metric.denominator] : [metric]));
  const seen = (from: number, to: number, of: readonly Metric[]): string[] => [
    ...new Set(
      of.flatMap((metric) =>
        events
          .filter(
            (event) => event.type === metric.event.type && event.time >= from && event.time < to && passes(event, filter, metric.event),
          )
          .map((event) => JSON.stringify(groupOf(event, groupBy, metric))),
      ),
    ),
  ];
  const reach = (one: Range): string[] => seen(lookBack(question, one.from), one.to, measured);
  const all = [...new Set([...reach(range), ...(other ? reach(other.range) : [])])];
  if (top === undefined) return all.map((group) => JSON.parse(group) as FieldValue[]);
  const [leader] = metrics;
  const rank = leader && "numerator" in leader ? leader.denominator : leader!;
  const ranked = seen(range.from, range.to, [rank]).map((group) => {
    const mine: Mine = (event, metric) => JSON.stringify(groupOf(event, groupBy, metric)) === group;
    const value = Object.values(measureAll(events, { ...question, metrics: [rank] }, range.from, range.to, mine))[0];
    return { group, value: typeof value === "number" ? value : -Infinity };
  });
  const best = ranked.toSorted((a, b) => b.value - a.value || (a.group < b.group ? -1 : 1)).slice(0, top);
  const kept = best.map(({ group }) => group);
  const rest = all.some((group) => !kept.includes(group));
  return [...kept.map((group) => JSON.parse(group) as FieldValue[]), ...(rest ? (["other"] as const) : [])];
}

/** Start of the earliest bucket that the range's first bucket looks at. */
function lookBack({ bucketsOf, transform, window }: OracleQuestion, from: number): number {
  const before = transform === "difference" || transform === "growth" ? 1 : 0;
  if (window?.kind === "cumulative") return from;
  let count = before + (window ? window.buckets - 1 : 0);
  let start = from;
  for (; count > 0; count -= 1) start = bucketsOf(start - 1, start).at(-1)!.start;
  return start;
}

function isOf(
  group: OracleGroup,
  event: OracleEvent,
  metric: Metric,
  { groupBy }: OracleQuestion,
  groups: readonly OracleGroup[],
): boolean {
  const key = JSON.stringify(groupOf(event, groupBy, metric));
  if (group !== "other") return key === JSON.stringify(group);
  return !groups.some((one) => one !== "other" && JSON.stringify(one) === key);
}

/** The range on the clocks so long before, and which of its buckets is called as one of ours. */
function otherPeriod(
  question: OracleQuestion,
  range: Range,
  buckets: readonly OracleBucket[],
): { range: Range; counterpart: (bucket: OracleBucket) => OracleBucket | undefined } {
  const { ago = {}, bucketsOf, grain, zone } = question;
  const edges = new Set(buckets.flatMap(({ start, end }) => [start, end]));
  const moved = (time: number): number => {
    const wall = edges.has(time) ? nameOf(time, grain, zone) : wallAt(time, zone);
    return firstMoment(wall.subtract(ago), zone);
  };
  const other = { from: moved(range.from), to: moved(range.to) };
  if (other.from >= other.to) return { range: other, counterpart: () => undefined };
  const candidates = bucketsOf(other.from, other.to);
  const counterpart = (bucket: OracleBucket): OracleBucket | undefined => {
    const name = nameOf(bucket.start, grain, zone);
    const wanted = name.subtract(ago);
    if (!wanted.add(ago).equals(name)) return undefined;
    return candidates.find(({ start }) => nameOf(start, grain, zone).equals(wanted));
  };
  return { range: other, counterpart };
}

function wallAt(time: number, zone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochNanoseconds(BigInt(time) * 1_000n)
    .toZonedDateTimeISO(zone)
    .toPlainDateTime();
}

/** What the clocks would show at the start of a bucket, had they not jumped over it. */
function nameOf(start: number, grainText: string, zone: string): Temporal.PlainDateTime {
  const wall = wallAt(start, zone);
  const { count, unit } = grainOf(grainText);
  const seconds = { second: 1, minute: 60, hour: 3_600 }[unit as string];
  if (seconds === undefined) return wall.toPlainDate().toPlainDateTime();
  const second = (wall.hour * 60 + wall.minute) * 60 + wall.second;
  return wall
    .toPlainDate()
    .toPlainDateTime()
    .add({ seconds: Math.floor(second / (seconds * count)) * seconds * count });
}

/** The first moment at which the clocks show a time or later. */
function firstMoment(wall: Temporal.PlainDateTime, zone: string): number {
  const [early, late] = (["earlier", "later"] as const).map((disambiguation) => wall.toZonedDateTime(zone, { disambiguation }));
  if (early!.toPlainDateTime().equals(wall)) return Number(early!.epochNanoseconds / 1_000n);
  const jump = late!.add({ nanoseconds: 1 }).getTimeZoneTransition("previous")!;
  return Number(jump.epochNanoseconds / 1_000n);
}
