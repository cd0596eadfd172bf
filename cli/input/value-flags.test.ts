import { expect, it } from "vitest";
import { valueFlags } from "./value-flags.ts";

it.each([
  [{}, {}],
  [{ movingAverage: 7 }, { window: { kind: "average", buckets: 7 } }],
  [
    { rolling: 7, growth: true },
    { window: { kind: "rolling", buckets: 7 }, transform: "growth" },
  ],
  [
    { cumulative: true, rate: true },
    { window: { kind: "cumulative" }, transform: "rate" },
  ],
])("reads %j", (flags, request) => {
  expect(valueFlags(flags)).toEqual(request);
});

it("refuses two windows, and two transformations", () => {
  expect(() => valueFlags({ rolling: 7, cumulative: true })).toThrow("Give one of --rolling and --cumulative, not both.");
  expect(() => valueFlags({ difference: true, growth: true })).toThrow("Give one of --difference and --growth, not both.");
});
