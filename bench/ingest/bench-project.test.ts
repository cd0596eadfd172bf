import { describe, expect, it } from "vitest";
import { eventMessage } from "../../jetstream/index.ts";
import { benchEvent, benchProject, EVENT_BYTES } from "./bench-project.ts";
import { eventCount } from "./event-count.ts";

describe("the events of the benchmark", () => {
  it("are 220 bytes each, from the first to the last", () => {
    const numbers = [0, 1, 5, 99, 100, 4_999, 12_345, 9_999_999, 999_999_999];
    expect(numbers.map((n) => eventMessage(benchProject, benchEvent(n)).payload.length)).toStrictEqual(numbers.map(() => EVENT_BYTES));
  });

  it("are as many as the command line says, which must say a number", () => {
    expect(eventCount("500000")).toBe(500_000);
    for (const text of ["abc", "", "0", "-5", "1.5", "1e6", "1000000000"])
      expect(() => eventCount(text)).toThrow(`--events takes a whole number from 1 to 999999999, not "${text}".`);
  });
});
