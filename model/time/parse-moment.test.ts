import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { parseMoment } from "./parse-moment.ts";

/** An instant with microseconds, as the digits of RFC 3339. */
function iso(micros: number | undefined): string {
  return micros === undefined
    ? "none"
    : Temporal.Instant.fromEpochNanoseconds(BigInt(micros) * 1_000n).toString({ fractionalSecondDigits: 6 });
}

describe("parseMoment", () => {
  it.each([
    ["2026", "UTC", "2026-01-01T00:00:00.000000Z"],
    ["2026-11", "Europe/Berlin", "2026-10-31T23:00:00.000000Z"],
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000000Z"],
    ["2026-11-27T09:30", "Asia/Kathmandu", "2026-11-27T03:45:00.000000Z"],
    ["2026-11-27 09:30:15.1234567", "UTC", "2026-11-27T09:30:15.123456Z"],
    ["2026-11-27T09:30:15.123456", "America/New_York", "2026-11-27T14:30:15.123456Z"],
    // Skipped by the clocks: the moment they jump over it. Shown twice: the first time.
    ["2026-03-29T02:30:00.000001", "Europe/Berlin", "2026-03-29T01:00:00.000000Z"],
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000000Z"],
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000000Z"],
    ["2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00.000000Z"],
    ["2026-03-29T10:20:30Z", "Europe/Berlin", "2026-03-29T10:20:30.000000Z"],
    ["2026-03-29t10:20:30z", "Europe/Berlin", "2026-03-29T10:20:30.000000Z"],
    [" 2026-03-29T10:20:30+05:45 ", "Europe/Berlin", "2026-03-29T04:35:30.000000Z"],
    ["2026-03-29 10:20-03:30", "UTC", "2026-03-29T13:50:00.000000Z"],
    ["2016-12-31T23:59:60Z", "UTC", "2017-01-01T00:00:00.000000Z"],
    ["2016-12-31T23:59:60", "UTC", "2017-01-01T00:00:00.000000Z"],
  ])("reads %s in %s", (text, timezone, expected) => {
    expect(iso(parseMoment(text, timezone))).toBe(expected);
  });

  it.each([
    "",
    "now",
    "yesterday",
    "26",
    "27.11.2026",
    "2026-13",
    "2026-13-01",
    "2026-02-30",
    "2026-02-30T00:00:00Z",
    "2026-02-29T00:00",
    "2026-03-29T24:00",
    "2026-11-27T25:00",
    "2026-03-29T10",
    "2026-03-29T10:60",
    "2026-03-29T10:20:30 UTC",
    "2026-03-29T10:20:30+24:00",
    "2026Z",
    "2026-03-29Z",
    "1774779630",
  ])('refuses "%s"', (text) => {
    expect(parseMoment(text, "UTC")).toBeUndefined();
  });

  it("agrees with Temporal wherever the clocks neither skip nor repeat, and else is the earliest moment that shows as much", () => {
    const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu");
    const walls = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2040, 0) });
    fc.assert(
      fc.property(walls, zones, fc.integer({ min: 0, max: 999 }), (wall, zone, micros) => {
        const text = `${new Date(wall).toISOString().slice(0, 23)}${String(micros).padStart(3, "0")}`;
        const shown = Temporal.PlainDateTime.from(text).toZonedDateTime(zone, { disambiguation: "earlier" });
        const later = Temporal.PlainDateTime.from(text).toZonedDateTime(zone, { disambiguation: "later" });
        const isSkipped = !shown.toPlainDateTime().equals(Temporal.PlainDateTime.from(text));
        const expected = isSkipped ? shown.getTimeZoneTransition("next")!.epochNanoseconds : shown.epochNanoseconds;
        expect(later.epochNanoseconds).toBeGreaterThanOrEqual(expected);
        expect(parseMoment(text, zone)).toBe(Number(expected / 1_000n));
      }),
      { numRuns: 500 },
    );
  });
});
