import { describe, expect, it } from "vitest";
import { parseRange, parseRelativeMoment } from "./parse-range.ts";

/** A Friday in Berlin, 09:30 in UTC. */
const berlin = { now: Date.UTC(2026, 10, 27, 9, 30) * 1_000, timezone: "Europe/Berlin" };
const iso = (micros: number | undefined): string | undefined =>
  micros === undefined ? undefined : new Date(micros / 1_000).toISOString().slice(0, 16);

describe("parseRange", () => {
  it.each([
    ["today", "2026-11-26T23:00", "2026-11-27T09:30"],
    ["Yesterday", "2026-11-25T23:00", "2026-11-26T23:00"],
    ["this hour", "2026-11-27T09:00", "2026-11-27T09:30"],
    ["this week", "2026-11-22T23:00", "2026-11-27T09:30"],
    ["last week", "2026-11-15T23:00", "2026-11-22T23:00"],
    ["last  month", "2026-09-30T22:00", "2026-10-31T23:00"],
    ["this quarter", "2026-09-30T22:00", "2026-11-27T09:30"],
    ["last year", "2024-12-31T23:00", "2025-12-31T23:00"],
    ["24h", "2026-11-26T09:30", "2026-11-27T09:30"],
    ["last 90 minutes", "2026-11-27T08:00", "2026-11-27T09:30"],
    ["3 months", "2026-08-27T08:30", "2026-11-27T09:30"],
    ["2026", "2025-12-31T23:00", "2026-12-31T23:00"],
    ["2026-10", "2026-09-30T22:00", "2026-10-31T23:00"],
    ["2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"],
  ])("reads %s", (text, from, to) => {
    const range = parseRange(text, berlin);
    expect([iso(range?.from), iso(range?.to)]).toEqual([from, to]);
  });

  it("goes back days in words on the clocks, and days as a length of 24 hours each", () => {
    const monday = { ...berlin, now: Date.UTC(2026, 2, 30, 10) * 1_000 };
    expect(iso(parseRange("2 days", monday)?.from)).toBe("2026-03-28T11:00");
    expect(iso(parseRange("2d", monday)?.from)).toBe("2026-03-28T10:00");
  });

  it("takes the last day of a month that is too short", () => {
    expect(iso(parseRange("3 months", { now: Date.UTC(2026, 4, 31, 12) * 1_000, timezone: "UTC" })?.from)).toBe("2026-02-28T12:00");
  });

  it.each(["", "someday", "last", "0 days", "last 0h", "next week", "2026-13", "2026-02-30", "this second", "1e3 days"])(
    "refuses %j",
    (text) => {
      expect(parseRange(text, berlin)).toBeUndefined();
    },
  );
});

describe("parseRelativeMoment", () => {
  it.each([
    ["now", "2026-11-27T09:30"],
    ["today", "2026-11-26T23:00"],
    ["yesterday", "2026-11-25T23:00"],
    ["tomorrow", "2026-11-27T23:00"],
    ["3 days ago", "2026-11-24T09:30"],
    ["24h ago", "2026-11-26T09:30"],
    ["a while ago", undefined],
    ["2026", undefined],
  ])("reads %s", (text, moment) => {
    expect(iso(parseRelativeMoment(text, berlin))).toBe(moment);
  });
});
