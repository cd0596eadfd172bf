import { describe, expect, it } from "vitest";
import { shortNumber, showBytes, showGrowth, showNumber, showSeconds, withUnit } from "./numbers.ts";
import { showBucket } from "./times.ts";

describe("numbers", () => {
  it.each([
    [null, "–"],
    [0, "0"],
    [1_234_567, "1,234,567"],
    [0.123456, "0.1235"],
    [12.3456, "12.35"],
    [-1_234.56, "-1,234.6"],
  ])("%d reads %s", (value, shown) => expect(showNumber(value)).toBe(shown));

  it("are short where there is little room", () => {
    expect([9_999, 12_345, 3_456_789, null].map((value) => shortNumber(value))).toEqual(["9,999", "12.35K", "3.457M", "–"]);
  });

  it("say what one of them is", () => {
    expect([withUnit("12", "%"), withUnit("12", "USD"), withUnit("12", undefined), withUnit("–", "USD")]).toEqual([
      "12%",
      "12 USD",
      "12",
      "–",
    ]);
    expect([12.34, -3, 0, 1_234.5].map(showGrowth)).toEqual(["+12.3%", "−3%", "±0%", "+1,235%"]);
    expect([0, 999, 12_345, 5.4e9].map(showBytes)).toEqual(["0 B", "999 B", "12.3 kB", "5.4 GB"]);
    expect([null, 0.4561, 12.34, 125, 3_900, 200_000].map((value) => showSeconds(value))).toEqual([
      "unknown",
      "456 ms",
      "12 s",
      "2 min 5 s",
      "1 h 5 min",
      "2 d 8 h",
    ]);
  });
});

describe("buckets", () => {
  it.each([
    ["a day of 25 hours", "2026-10-24T22:00Z", "2026-10-25T23:00Z", "Sun, 25 Oct 2026"],
    ["a week", "2026-11-22T23:00Z", "2026-11-29T23:00Z", "Mon, 23 Nov 2026 to Sun, 29 Nov 2026"],
    ["an hour", "2026-11-25T08:00Z", "2026-11-25T09:00Z", "Wed, 25 Nov 2026, 09:00 to 10:00"],
    ["six hours", "2026-11-25T17:00Z", "2026-11-25T23:00Z", "Wed, 25 Nov 2026, 18:00 to Thu, 26 Nov 2026, 00:00"],
  ])("of %s are told on the clocks of the zone", (_, start, end, shown) => {
    expect(showBucket(Date.parse(start), Date.parse(end), "Europe/Berlin")).toBe(shown);
  });
});
