import { describe, expect, it } from "vitest";
import { grainFor, rangeOf } from "./range-flags.ts";

describe("rangeOf", () => {
  const now = new Date("2026-11-27T09:30:00Z");

  it.each([
    [{}, "2026-11-20T09:30:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ last: "24h" }, "2026-11-26T09:30:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ last: "1d", to: "2026-11-02" }, "2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"],
    [{ from: "2026-11-01" }, "2026-11-01T00:00:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ last: "month" }, "2026-10-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z"],
    [{ last: "2 months" }, "2026-09-27T09:30:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ during: "today" }, "2026-11-27T00:00:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ during: "last week" }, "2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"],
    [{ during: "2026-02" }, "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
    [{ since: "2026-11-01" }, "2026-11-01T00:00:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ from: "yesterday" }, "2026-11-26T00:00:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ from: "3 days ago", to: "today" }, "2026-11-24T09:30:00.000Z", "2026-11-27T00:00:00.000Z"],
    [{ from: "2026", to: "2026-11-27T10:00:00+01:00" }, "2026-01-01T00:00:00.000Z", "2026-11-27T09:00:00.000Z"],
  ])("reads %j", (flags, from, to) => {
    const range = rangeOf(flags, "UTC", now, "7d");
    expect([range.from, range.to].map((micros) => new Date(micros / 1_000).toISOString())).toEqual([from, to]);
  });

  it("keeps microseconds, and reads the clocks of the zone", () => {
    expect(rangeOf({ from: "1970-01-01T00:00:00.000001Z", to: "1970-01-01T01:00:00.000002" }, "Europe/Berlin", now, "7d")).toEqual({
      from: 1,
      to: 2,
    });
  });

  it.each([
    [{ from: "2026-11-01", last: "1d" }, "UTC", /--from or --last, not both/],
    [{ during: "today", from: "2026" }, "UTC", /--during, or --from, --to and --last, not both/],
    [{ during: "someday" }, "UTC", /^--during: "someday" is no period/],
    [{ from: "one day" }, "UTC", /^--from: "one day" is no moment/],
    [{ from: "2026-02-30T00:00:00Z" }, "UTC", /^--from: "2026-02-30T00:00:00Z" is no moment/],
    [{ to: "27.11.2026" }, "UTC", /^--to: "27.11.2026" is no moment/],
    [{ last: "a while" }, "UTC", /--last: "a while" is no length of time/],
    [{ last: "0h" }, "UTC", /--last: "0h" is no length of time/],
    [{}, "Middle-earth/Shire", /"Middle-earth\/Shire" is no time zone/],
  ])("refuses %j in %s", (flags, zone, sentence) => {
    expect(() => rangeOf(flags, zone, now, "7d")).toThrow(sentence);
  });
});

describe("grainFor", () => {
  it.each([
    ["1h", "1 minute"],
    ["24h", "1 hour"],
    ["7d", "6 hours"],
    ["30d", "1 day"],
    ["365d", "1 week"],
    ["2000d", "1 quarter"],
    ["9999d", "1 year"],
  ])("takes %s by the %s", (last, grain) => {
    expect(grainFor(rangeOf({ last }, "UTC", new Date("2026-11-27T00:00:00Z"), "7d"))).toBe(grain);
  });
});
