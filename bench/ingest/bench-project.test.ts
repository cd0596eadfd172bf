import { describe, expect, it } from "vitest";
import { eventMessage } from "../../jetstream/index.ts";
import { benchEvent, benchProject, EVENT_BYTES } from "./bench-project.ts";
import { benchOptions } from "./command-line.ts";
import { eventCount } from "./event-count.ts";

describe("the events of the benchmark", () => {
  it("are 220 bytes each, from the first to the last", () => {
    const numbers = [0, 1, 5, 99, 100, 4_999, 12_345, 9_999_999, 999_999_999];
    expect(numbers.map((n) => eventMessage(benchProject, benchEvent(n)).payload.length)).toStrictEqual(numbers.map(() => EVENT_BYTES));
  });

  it("are of any size that holds them", () => {
    expect(eventMessage(benchProject, benchEvent(7, 1_500)).payload).toHaveLength(1_500);
    expect(benchOptions(["--bytes", "1500", "--outage"])).toStrictEqual({
      events: 1_000_000,
      bytes: 1_500,
      derive: true,
      outage: true,
      json: false,
    });
    for (const text of ["219", "x", "1000001"])
      expect(() => benchOptions(["--bytes", text])).toThrow(`--bytes takes a whole number from 220 to 1000000, not "${text}".`);
  });

  it("are as many as the command line says, which must say a number", () => {
    expect(eventCount("500000")).toBe(500_000);
    for (const text of ["abc", "", "0", "-5", "1.5", "1e6", "1000000000"])
      expect(() => eventCount(text)).toThrow(`--events takes a whole number from 1 to 999999999, not "${text}".`);
  });
});
