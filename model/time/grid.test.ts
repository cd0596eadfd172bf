import * as fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { gridEdges } from "./grid.ts";
import { fixedGrainMs, grainOf, type Grain } from "./grain.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const ZONES = Intl.supportedValuesOf("timeZone");
/** Zones with every oddity that the grid promises to get right. */
const ODD_ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns", // changed at 00:01 until 2011: 23:01 follows midnight
  "America/Sao_Paulo", // skipped midnight until 2018
  "America/Havana", // repeats midnight
  "America/Caracas", // half an hour back in 2007, forward in 2016
  "America/Recife", // two changes within a week
  "Africa/Monrovia", // 44 minutes 30 seconds behind until 1972
  "Africa/Casablanca", // summer time suspended for Ramadan
  "Africa/Cairo",
  "Antarctica/Troll", // two hours of summer time
  "Asia/Kathmandu", // 45 minutes
  "Asia/Kolkata",
  "Asia/Pyongyang",
  "Australia/Lord_Howe", // half an hour of summer time
  "Pacific/Apia", // skipped 30 December 2011
  "Pacific/Kwajalein", // skipped 21 August 1993
  "Pacific/Chatham",
];
const ms = (iso: string): number => Temporal.Instant.from(iso).epochMilliseconds;
const edgesOf = (from: string, to: string, grain: string, timezone: string): string[] =>
  gridEdges({ from: ms(from) * 1_000, to: ms(to) * 1_000, grain: grainOf(grain), timezone }).map((edge) =>
    Temporal.Instant.fromEpochMilliseconds(edge / 1_000).toString(),
  );

describe("by hand", () => {
  test("a day of 23 hours and one of 25", () => {
    expect(edgesOf("2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", "day", "Europe/Berlin")).toEqual([
      "2026-03-28T23:00:00Z",
      "2026-03-29T22:00:00Z",
      "2026-03-30T22:00:00Z",
    ]);
    expect(edgesOf("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "hour", "Europe/Berlin")).toHaveLength(26);
    expect(edgesOf("2026-10-25T00:00:00Z", "2026-10-25T12:00:00Z", "6 hours", "Europe/Berlin")).toEqual([
      "2026-10-24T22:00:00Z",
      "2026-10-25T05:00:00Z",
      "2026-10-25T11:00:00Z",
      "2026-10-25T17:00:00Z",
    ]);
  });

  test("the range is covered and no more", () => {
    expect(edgesOf("2026-01-31T12:00:00Z", "2026-02-01T00:00:00.001Z", "month", "UTC")).toEqual([
      "2026-01-01T00:00:00Z",
      "2026-02-01T00:00:00Z",
      "2026-03-01T00:00:00Z",
    ]);
    expect(edgesOf("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "month", "UTC")).toHaveLength(2);
  });

  test("a day that never was is no bucket", () => {
    expect(edgesOf("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", "day", "Pacific/Apia")).toEqual([
      "2011-12-29T10:00:00Z",
      "2011-12-30T10:00:00Z",
      "2011-12-31T10:00:00Z",
    ]);
  });

  test("a day without midnight begins at one o'clock", () => {
    expect(edgesOf("2018-11-04T12:00:00Z", "2018-11-04T13:00:00Z", "day", "America/Sao_Paulo")[0]).toBe("2018-11-04T03:00:00Z");
  });

  test("weeks begin on Monday, quarters and several months in January, decades in years that end in 0", () => {
    expect(edgesOf("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "week", "UTC")).toEqual([
      "2025-12-29T00:00:00Z",
      "2026-01-05T00:00:00Z",
    ]);
    expect(edgesOf("1970-01-05T00:00:00Z", "1970-01-19T00:00:00Z", "2 weeks", "UTC")).toEqual([
      "1970-01-05T00:00:00Z",
      "1970-01-19T00:00:00Z",
    ]);
    expect(edgesOf("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z", "quarter", "UTC")).toEqual([
      "2026-04-01T00:00:00Z",
      "2026-07-01T00:00:00Z",
    ]);
    expect(edgesOf("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z", "6 months", "UTC")).toEqual([
      "2026-01-01T00:00:00Z",
      "2026-07-01T00:00:00Z",
    ]);
    expect(edgesOf("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z", "10 years", "UTC")).toEqual([
      "2020-01-01T00:00:00Z",
      "2030-01-01T00:00:00Z",
    ]);
  });

  test("half an hour back makes an hour of ninety minutes, half an hour forward one of thirty", () => {
    expect(edgesOf("2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z", "hour", "Australia/Lord_Howe")).toEqual([
      "2026-04-04T14:00:00Z",
      "2026-04-04T15:30:00Z",
    ]);
    expect(edgesOf("2026-10-03T14:30:00Z", "2026-10-03T17:00:00Z", "hour", "Australia/Lord_Howe")).toEqual([
      "2026-10-03T14:30:00Z",
      "2026-10-03T15:30:00Z",
      "2026-10-03T16:00:00Z",
      "2026-10-03T17:00:00Z",
    ]);
  });
});

/** Starts of calendar periods as Temporal counts them: the plain date's start of day. */
function oracleCalendar(from: number, to: number, { unit, count }: Grain, timezone: string): number[] {
  const local = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timezone).toPlainDate();
  const step = unit === "quarter" ? { months: 3 * count } : { [`${unit}s`]: count };
  let date = periodStart(local, unit, count);
  date = date.subtract(step);
  const edges: number[] = [];
  for (;;) {
    const edge = date.toZonedDateTime(timezone).epochMilliseconds;
    if (edge <= from) edges.length = 0;
    if (edge !== edges.at(-1)) edges.push(edge);
    if (edge >= to) return edges;
    date = date.add(step);
  }
}

function periodStart(date: Temporal.PlainDate, unit: Grain["unit"], count: number): Temporal.PlainDate {
  if (unit === "day")
    return date.subtract({ days: mod(Temporal.PlainDate.from("1970-01-01").until(date, { largestUnit: "days" }).days, count) });
  if (unit === "week") {
    const monday = date.subtract({ days: date.dayOfWeek - 1 });
    return monday.subtract({ weeks: mod(Temporal.PlainDate.from("1970-01-05").until(monday, { largestUnit: "weeks" }).weeks, count) });
  }
  const firstYear = unit === "year" ? 0 : 1900;
  const months = { month: 1, quarter: 3, year: 12 }[unit as "month" | "quarter" | "year"] * count;
  return date.with({ day: 1 }).subtract({ months: mod((date.year - firstYear) * 12 + date.month - 1, months) });
}

const mod = (value: number, by: number): number => ((value % by) + by) % by;

/** What the clocks of a zone show, moment by moment. */
function wallTimes(from: number, to: number, step: number, timezone: string): { time: number; wall: number }[] {
  return Array.from({ length: (to - from) / step }, (_, index) => {
    const time = from + index * step;
    const { offsetNanoseconds } = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timezone);
    return { time, wall: time + offsetNanoseconds / 1e6 };
  });
}

/** Edges of hours and shorter as the definition says it: the clocks come to a multiple, or jump over one. */
function oracleClock(walls: readonly { time: number; wall: number }[], length: number, step: number): number[] {
  return walls.flatMap(({ time, wall }, index) => {
    const due = (walls[index - 1]?.wall ?? wall - step) + step;
    return mod(wall, length) === 0 || Math.ceil(due / length) * length < wall ? [time] : [];
  });
}

const anyTime = fc.integer({ min: ms("1970-02-01T00:00:00Z"), max: ms("2120-01-01T00:00:00Z") });
const anyZone = fc.oneof(fc.constantFrom(...ODD_ZONES), fc.constantFrom(...ZONES));
const calendarGrain = fc.record({
  unit: fc.constantFrom<Grain["unit"]>("day", "week", "month", "quarter", "year"),
  count: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 10 })),
});

describe("against Temporal", () => {
  test("calendar grains over random ranges in every zone", () => {
    fc.assert(
      fc.property(anyTime, fc.integer({ min: 1, max: 900 * DAY }), anyZone, calendarGrain, (from, length, timezone, grain) => {
        const edges = gridEdges({ from: from * 1_000, to: (from + length) * 1_000, grain, timezone });
        expect(edges).toEqual(oracleCalendar(from, from + length, grain, timezone).map((edge) => edge * 1_000));
      }),
      { numRuns: 1_000 },
    );
  });

  test("days and weeks around every change of the odd zones since 1970", () => {
    for (const timezone of ODD_ZONES) {
      let next = Temporal.Instant.from("1970-01-02T00:00:00Z").toZonedDateTimeISO(timezone).getTimeZoneTransition("next");
      for (let seen = 0; next && seen < 150; seen += 1) {
        const change = next.epochMilliseconds;
        for (const unit of ["day", "week"] as const) {
          const [from, to] = [change - 2 * DAY, change + 2 * DAY];
          const edges = gridEdges({ from: from * 1_000, to: to * 1_000, grain: { unit, count: 1 }, timezone });
          expect({ timezone, change, edges }).toEqual({
            timezone,
            change,
            edges: oracleCalendar(from, to, { unit, count: 1 }, timezone).map((edge) => edge * 1_000),
          });
        }
        next = next.getTimeZoneTransition("next");
      }
    }
  });

  test.each(ODD_ZONES)("hours and minutes around changes of %s", (timezone) => {
    const step = timezone === "Africa/Monrovia" ? 30_000 : MINUTE;
    const changes: number[] = [];
    let next = Temporal.Instant.from("1970-01-02T00:00:00Z").toZonedDateTimeISO(timezone).getTimeZoneTransition("next");
    for (; next && changes.length < 60; next = next.getTimeZoneTransition("next")) changes.push(next.epochMilliseconds);
    for (const change of [...changes.slice(0, 4), ...changes.slice(-12), ms("2026-06-01T00:00:00Z")]) {
      const [from, to] = [change - 3 * 60 * MINUTE, change + 4 * 60 * MINUTE];
      const walls = wallTimes(from, to, step, timezone);
      for (const text of ["hour", "15 minutes", "2 hours", "6 hours", "7 minutes"]) {
        const grain = grainOf(text);
        const edges = gridEdges({ from: from * 1_000, to: to * 1_000, grain, timezone });
        const inside = edges.map((edge) => edge / 1_000).filter((edge) => edge >= from && edge < to);
        expect({ timezone, change, text, inside }).toEqual({
          timezone,
          change,
          text,
          inside: oracleClock(walls, fixedGrainMs(grain)!, step),
        });
      }
    }
  });

  test("a bucket of hours or minutes holds the moments that Temporal rounds down to its start", () => {
    const grains = [
      ...[1, 2, 3, 4, 6, 8, 12].map((count) => ["hour", count] as const),
      ...[1, 5, 15, 30].map((count) => ["minute", count] as const),
    ];
    const CHATHAM_JUMPS = Date.UTC(2099, 8, 26, 14);
    // Zones whose changes skip or repeat whole hours.
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kathmandu",
      "Africa/Casablanca",
      "Pacific/Chatham",
      "America/Santiago",
    ];
    fc.assert(
      fc.property(anyTime, fc.constantFrom(...zones), fc.constantFrom(...grains), (time, timezone, [unit, count]) => {
        const [start] = gridEdges({ from: time * 1_000, to: (time + 1) * 1_000, grain: { unit, count }, timezone });
        const zoned = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timezone);
        const rounded = zoned.round({ smallestUnit: unit, roundingIncrement: count, roundingMode: "floor" });
        // What shows a time that was skipped is rounded by Temporal to a later moment (from 03:45, the first in Chatham after 02:45, to 04:00): the bucket begins with the change.
        const change = zoned.add({ milliseconds: 1 }).getTimeZoneTransition("previous");
        const floor = rounded.epochMilliseconds > time ? change : rounded;
        expect(start).toBe((floor?.epochMilliseconds ?? NaN) * 1_000);
      }),
      { numRuns: 2_000, examples: [[CHATHAM_JUMPS, "Pacific/Chatham", ["hour", 1]]] },
    );
  });
});

test("edges ascend, bound the range, and agree between overlapping ranges", () => {
  const grain = fc.record({
    unit: fc.constantFrom<Grain["unit"]>("second", "minute", "hour", "day", "week", "month", "quarter", "year"),
    count: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(anyTime, anyZone, grain, fc.integer({ min: 1, max: 40 }), (from, timezone, of, buckets) => {
      const to = from + Math.min(buckets * (fixedGrainMs(of) ?? 20 * DAY), 4_000 * DAY);
      const edges = gridEdges({ from: from * 1_000, to: to * 1_000, grain: of, timezone });
      expect(edges[0]).toBeLessThanOrEqual(from * 1_000);
      expect(edges[1]).toBeGreaterThan(from * 1_000);
      expect(edges.at(-1)).toBeGreaterThanOrEqual(to * 1_000);
      expect(edges.at(-2)).toBeLessThan(to * 1_000);
      expect(edges.every((edge, index) => index === 0 || edge > edges[index - 1]!)).toBe(true);
      const middle = Math.floor((from + to) / 2);
      const later = gridEdges({ from: middle * 1_000, to: to * 1_000, grain: of, timezone });
      expect(edges.slice(-later.length)).toEqual(later);
    }),
    { numRuns: 500 },
  );
});
