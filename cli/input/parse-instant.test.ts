import { describe, expect, it } from "vitest";
import { grainFor, parseInstant, rangeOf } from "./parse-instant.ts";

describe("parseInstant", () => {
  it.each([
    ["2026", "UTC", "2026-01-01T00:00:00.000Z"],
    ["2026-11", "Europe/Berlin", "2026-10-31T23:00:00.000Z"],
    ["2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00.000Z"],
    ["2026-11-27T09:30", "Asia/Kathmandu", "2026-11-27T03:45:00.000Z"],
    ["2026-11-27 09:30:15.5", "UTC", "2026-11-27T09:30:15.500Z"],
    ["2026-11-27T09:30:00+01:00", "America/New_York", "2026-11-27T08:30:00.000Z"],
    ["2026-11-27t09:30:00z", "UTC", "2026-11-27T09:30:00.000Z"],
  ])("reads %s in %s", (text, zone, expected) => {
    expect(parseInstant(text, zone, "--from").toISOString()).toBe(expected);
  });

  it("takes the first moment of a day that begins after midnight", () => {
    expect(parseInstant("2018-11-04", "America/Sao_Paulo", "--from").toISOString()).toBe("2018-11-04T03:00:00.000Z");
  });

  it.each(["", "yesterday", "2026-02-30", "2026-13-01", "2026-11-27T25:00", "27.11.2026"])("refuses %j", (text) => {
    expect(() => parseInstant(text, "UTC", "--from")).toThrow(/^--from: ".*" is no moment/);
  });
});

describe("rangeOf", () => {
  const now = new Date("2026-11-27T09:30:00Z");

  it.each([
    [{}, "2026-11-20T09:30:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ last: "24h" }, "2026-11-26T09:30:00.000Z", "2026-11-27T09:30:00.000Z"],
    [{ last: "1d", to: "2026-11-02" }, "2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"],
    [{ from: "2026-11-01" }, "2026-11-01T00:00:00.000Z", "2026-11-27T09:30:00.000Z"],
  ])("reads %j", (flags, from, to) => {
    const range = rangeOf(flags, "UTC", now);
    expect([range.from.toISOString(), range.to.toISOString()]).toEqual([from, to]);
  });

  it.each([
    [{ from: "2026-11-01", last: "1d" }, "UTC", /--from or --last, not both/],
    [{ last: "a while" }, "UTC", /--last: "a while" is no length of time/],
    [{ last: "0h" }, "UTC", /--last: "0h" is no length of time/],
    [{}, "Middle-earth/Shire", /"Middle-earth\/Shire" is no time zone/],
  ])("refuses %j in %s", (flags, zone, sentence) => {
    expect(() => rangeOf(flags, zone, now)).toThrow(sentence);
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
    expect(grainFor(rangeOf({ last }, "UTC", new Date("2026-11-27T00:00:00Z")))).toBe(grain);
  });
});
