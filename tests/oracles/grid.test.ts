import { describe, expect, it } from "vitest";
import { oracleBuckets } from "./grid.ts";
import { at } from "./oracle-event.test-support.ts";

function hours(from: string, to: string, grain: string, zone: string): number[] {
  return oracleBuckets(at(from), at(to), grain, zone).map(({ start, end }) => (end - start) / 3_600_000_000);
}

function starts(from: string, to: string, grain: string, zone: string): string[] {
  return oracleBuckets(at(from), at(to), grain, zone).map(({ start }) => new Date(start / 1_000).toISOString());
}

describe("oracleBuckets", () => {
  it("gives days of 23 and 25 hours in Berlin", () => {
    expect(hours("2026-03-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00", "day", "Europe/Berlin")).toEqual([24, 23, 24]);
    expect(hours("2026-10-24T00:00:00+02:00", "2026-10-27T00:00:00+01:00", "day", "Europe/Berlin")).toEqual([24, 25, 24]);
  });

  it("repeats the hour that the clock repeats and leaves out the one it skips", () => {
    expect(hours("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", "hour", "Europe/Berlin")).toEqual(
      Array.from({ length: 25 }, () => 1),
    );
    expect(hours("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "hour", "Europe/Berlin")).toEqual(
      Array.from({ length: 23 }, () => 1),
    );
    expect(hours("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "6 hours", "Europe/Berlin")).toEqual([5, 6, 6, 6]);
  });

  it("begins where the clock jumps over a multiple, and counts on what divides no day from 1970", () => {
    expect(hours("2026-03-29T00:00:00+01:00", "2026-03-29T06:00:00+02:00", "2 hours", "Europe/Berlin")).toEqual([2, 1, 2]);
    expect(hours("2026-10-25T00:00:00+02:00", "2026-10-25T04:00:00+01:00", "2 hours", "Europe/Berlin")).toEqual([2, 1, 2]);
    expect(hours("2026-04-05T00:00:00+11:00", "2026-04-05T03:00:00+10:30", "hour", "Australia/Lord_Howe")).toEqual([1, 1.5, 1]);
    expect(starts("1970-01-02T01:00:00Z", "1970-01-02T05:00:00Z", "7 hours", "UTC")).toEqual([
      "1970-01-01T21:00:00.000Z",
      "1970-01-02T04:00:00.000Z",
    ]);
    expect(starts("1970-01-01T23:00:00Z", "1970-01-01T23:30:00Z", "7 hours", "Asia/Tokyo")).toEqual(["1970-01-01T19:00:00.000Z"]);
  });

  it("begins days at local midnight in zones of 30 and 45 minutes, and at one o'clock where midnight is skipped", () => {
    expect(starts("2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "day", "Asia/Kathmandu")).toEqual(["2025-12-31T18:15:00.000Z"]);
    expect(starts("2018-11-04T04:00:00Z", "2018-11-04T05:00:00Z", "day", "America/Sao_Paulo")).toEqual(["2018-11-04T03:00:00.000Z"]);
    expect(hours("2018-11-04T04:00:00Z", "2018-11-04T05:00:00Z", "day", "America/Sao_Paulo")).toEqual([23]);
    expect(hours("2026-04-04T20:00:00Z", "2026-04-05T02:00:00Z", "day", "Australia/Lord_Howe")).toEqual([24.5]);
  });

  it("leaves out the day that Samoa skipped", () => {
    expect(starts("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", "day", "Pacific/Apia")).toEqual([
      "2011-12-29T10:00:00.000Z",
      "2011-12-30T10:00:00.000Z",
    ]);
  });

  it("begins weeks on Monday, months on the first, quarters in January, April, July and October", () => {
    expect(starts("2027-01-01T00:00:00Z", "2027-01-05T00:00:00Z", "week", "UTC")).toEqual([
      "2026-12-28T00:00:00.000Z",
      "2027-01-04T00:00:00.000Z",
    ]);
    expect(starts("2024-02-15T00:00:00Z", "2024-03-01T00:00:01Z", "month", "UTC")).toEqual([
      "2024-02-01T00:00:00.000Z",
      "2024-03-01T00:00:00.000Z",
    ]);
    expect(starts("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z", "quarter", "UTC")).toEqual(["2026-04-01T00:00:00.000Z"]);
    expect(starts("1969-06-01T00:00:00Z", "1970-01-01T00:00:00Z", "year", "UTC")).toEqual(["1969-01-01T00:00:00.000Z"]);
  });

  it("counts several calendar units from their origins", () => {
    // Day 20,000 is 2024-10-04: 2 divides it. Week 2,858 from 1970-01-05 is 2024-10-14.
    expect(starts("2024-10-05T00:00:00Z", "2024-10-05T01:00:00Z", "2 days", "UTC")).toEqual(["2024-10-04T00:00:00.000Z"]);
    expect(starts("2024-10-14T00:00:00Z", "2024-10-14T01:00:00Z", "2 weeks", "UTC")).toEqual(["2024-10-14T00:00:00.000Z"]);
    expect(starts("2024-11-14T00:00:00Z", "2024-11-14T01:00:00Z", "6 months", "UTC")).toEqual(["2024-07-01T00:00:00.000Z"]);
    expect(starts("2024-11-14T00:00:00Z", "2024-11-14T01:00:00Z", "10 years", "UTC")).toEqual(["2020-01-01T00:00:00.000Z"]);
  });

  it("is half-open: a bucket that ends where the range begins, or begins where it ends, is not in it", () => {
    expect(starts("2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z", "hour", "UTC")).toEqual(["2026-01-01T01:00:00.000Z"]);
  });
});
