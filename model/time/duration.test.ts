import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationMs, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  it.each([
    ["0s", 0],
    ["1ms", 1],
    ["500ms", 500],
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h", 3_600_000],
    ["30d", 2_592_000_000],
    ["2w", 1_209_600_000],
    ["007m", 420_000],
    ["999999999s", 999_999_999_000],
  ])("%s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(durationMs(text)).toBe(ms);
  });

  it.each(["", "1", "s", "1 s", " 1s", "1s ", "1s\n", "-1s", "+1s", "1.5h", "1e3s", "1S", "1M", "1y", "1min", "٣s", "1sms", "1000000000s"])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("never gives a number that has lost digits", () => {
    const texts = fc.tuple(fc.nat(999_999_999), fc.constantFrom("ms", "s", "m", "h", "d", "w")).map(([count, unit]) => `${count}${unit}`);
    fc.assert(
      fc.property(texts, (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true);
      }),
      { examples: [["999999999w"]] },
    );
  });

  it("says how to write one", () => {
    expect(() => durationMs("soon")).toThrow(
      new RangeError('"soon" is no duration: write a number and ms, s, m, h, d or w, as in "90s" or "30d".'),
    );
  });
});
