import { Temporal } from "temporal-polyfill";
import { grainOf, type Grain } from "../../model/index.ts";

/** A bucket [start, end) of a grid, whole, in microseconds since 1970. */
export interface OracleBucket {
  readonly start: number;
  readonly end: number;
}

const EPOCH = Temporal.PlainDate.from("1970-01-01");
const Y1900 = Temporal.PlainDate.from("1900-01-01");
const SECONDS = { second: 1, minute: 60, hour: 3_600 } as const;
const DAY = 86_400;

/**
 * The buckets of a zone's calendar that meet [from, to) (microseconds since 1970), whole, in order.
 *
 * Days and longer begin at the first instant of a local date: weeks on Monday or the day that the grain names, months and quarters on the first, years on 1 January. Several of them are
 * counted as ClickHouse documents for `toStartOfInterval`: days from 1970-01-01, weeks from the first such day of 1970, months and quarters from January 1900, years from 0.
 * Shorter ones begin whenever the local clock comes to a multiple of the grain since 1970-01-01T00:00 (so since midnight, if the grain divides a day), or
 * jumps over one; what the clock repeats begins again.
 */
export function oracleBuckets(from: number, to: number, grainText: string, zone: string): OracleBucket[] {
  const grain = grainOf(grainText);
  let date = periodStart(dateAt(from, zone).subtract({ days: 2 }), grain);
  const starts: number[] = [];
  for (;;) {
    const next = nextPeriod(date, grain);
    starts.push(...startsOn(date, grain, zone));
    date = next;
    if ((starts.at(-1) ?? -Infinity) >= to) break;
  }
  const edges = [...new Set(starts)].toSorted((a, b) => a - b);
  return edges.flatMap((start, index) => {
    const end = edges[index + 1];
    return end !== undefined && end > from && start < to ? [{ start, end }] : [];
  });
}

function isShort(unit: Grain["unit"]): unit is keyof typeof SECONDS {
  return unit in SECONDS;
}

function dateAt(time: number, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(time / 1_000))
    .toZonedDateTimeISO(zone)
    .toPlainDate();
}

/** First date of the period that a date lies in; the date itself for grains within a day. */
function periodStart(date: Temporal.PlainDate, grain: Grain): Temporal.PlainDate {
  const { count, unit } = grain;
  if (isShort(unit)) return date;
  const floor = (value: number): number => Math.floor(value / count) * count;
  if (unit === "day") return EPOCH.add({ days: floor(daysBetween(EPOCH, date)) });
  if (unit === "week") {
    const first = firstWeekday(grain);
    return first.add({ weeks: floor(Math.floor(daysBetween(first, date) / 7)) });
  }
  if (unit === "year") return new Temporal.PlainDate(floor(date.year), 1, 1);
  const months = (date.year - Y1900.year) * 12 + date.month - 1;
  return Y1900.add({ months: unit === "month" ? floor(months) : floor(Math.floor(months / 3)) * 3 });
}

/** The first day of 1970 that weeks begin with, by its English name. */
function firstWeekday({ firstDay = "monday" }: Grain): Temporal.PlainDate {
  let date = EPOCH;
  while (date.toLocaleString("en", { weekday: "long" }).toLowerCase() !== firstDay) date = date.add({ days: 1 });
  return date;
}

function daysBetween(from: Temporal.PlainDate, to: Temporal.PlainDate): number {
  return from.until(to, { largestUnit: "days" }).days;
}

function nextPeriod(date: Temporal.PlainDate, { unit, count }: Grain): Temporal.PlainDate {
  if (isShort(unit)) return date.add({ days: 1 });
  return date.add(unit === "quarter" ? { months: 3 * count } : { [`${unit}s`]: count });
}

/** The bucket starts that a period's first date brings: one for long grains, any number for short ones. */
function startsOn(date: Temporal.PlainDate, { unit, count }: Grain, zone: string): number[] {
  if (!isShort(unit)) return [micros(date.toZonedDateTime(zone))];
  const step = SECONDS[unit] * count;
  const midnight = daysBetween(EPOCH, date) * DAY;
  const starts: number[] = [];
  for (let second = Math.ceil(midnight / step) * step; second < midnight + DAY; second += step) {
    starts.push(...instantsOf(date.toPlainDateTime().add({ seconds: second - midnight }), zone));
  }
  return starts;
}

/** When a zone's clocks show a time: once, twice, or never; then the moment at which they jump over it. */
function instantsOf(wall: Temporal.PlainDateTime, zone: string): number[] {
  const readings = (["earlier", "later"] as const).map((disambiguation) => wall.toZonedDateTime(zone, { disambiguation }));
  if (readings.every((reading) => reading.toPlainDateTime().equals(wall))) return readings.map(micros);
  // Of a time that is skipped, "later" is a reading after the jump, or at it.
  const jump = readings[1]?.add({ nanoseconds: 1 }).getTimeZoneTransition("previous");
  return jump ? [micros(jump)] : [];
}

function micros(zoned: Temporal.ZonedDateTime): number {
  return Number(zoned.epochNanoseconds / 1_000n);
}
