import { expect, it } from "vitest";
import { isTimeInRange, TIME_RANGE } from "./time-range.ts";

it.each([
  [-1, false],
  [0, true],
  [Date.UTC(2201, 0, 1) * 1_000 - 1, true],
  [Date.UTC(2201, 0, 1) * 1_000, false],
])("%d: %s", (micros, inRange) => {
  expect(isTimeInRange(micros)).toBe(inRange);
});

it("has ends that JavaScript counts exactly", () => {
  expect(Number.isSafeInteger(TIME_RANGE.to)).toBe(true);
});
