import { describe, expect, it } from "vitest";
import { fixedGrainMs, grainOf, parseGrain } from "./grain.ts";

describe("parseGrain", () => {
  it.each([
    ["minute", "minute", 1],
    ["1 minute", "minute", 1],
    ["5 minutes", "minute", 5],
    ["15 minute", "minute", 15],
    ["second", "second", 1],
    ["hours", "hour", 1],
    ["day", "day", 1],
    ["2 weeks", "week", 2],
    ["month", "month", 1],
    ["quarter", "quarter", 1],
    ["10 years", "year", 10],
    [" 1 hour ", "hour", 1],
  ])("%s", (text, unit, count) => {
    expect(parseGrain(text)).toStrictEqual({ unit, count });
    expect(grainOf(text)).toStrictEqual({ unit, count });
  });

  it.each(["", "0 minutes", "-1 minute", "1.5 hours", "1  minute", "1minute", "5m", "Minute", "minutess", "fortnight", "1000000 days"])(
    "%j is none",
    (text) => {
      expect(parseGrain(text)).toBeUndefined();
      expect(() => grainOf(text)).toThrow(RangeError);
    },
  );
});

describe("fixedGrainMs", () => {
  it.each([
    ["second", 1_000],
    ["30 seconds", 30_000],
    ["5 minutes", 300_000],
    ["24 hours", 86_400_000],
    ["day", undefined],
    ["week", undefined],
    ["month", undefined],
    ["quarter", undefined],
    ["year", undefined],
  ])("%s", (text, ms) => {
    expect(fixedGrainMs(grainOf(text))).toBe(ms);
  });
});
