import { describe, expect, it } from "vitest";
import { z } from "zod";
import { atEachGrain, count, defineEvent, defineMetric } from "../model/index.ts";
import { rollupTable } from "./rollup-table.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ country: z.string() }) });
const orders = defineMetric({ name: "orders", event: order, measure: count() });

describe("rollupTable", () => {
  it.each([
    ["1 minute", 60],
    ["5 minutes", 300],
    ["1 hour", 3_600],
    ["24 hours", 86_400],
  ])("has rows of the grain: %s", (grain, bucketSeconds) => {
    expect(rollupTable({ ...orders, grain }).bucketSeconds).toBe(bucketSeconds);
  });

  it.each(["1 day", "month", "1h", ""])("takes no grain without a length for one of a minute: %j", (grain) => {
    expect(() => rollupTable({ ...orders, grain })).toThrow(`Metric "orders": its grain "${grain}" is no length of time`);
  });

  it("is a table of its own for each grain, and tells a coarser one that has no length", () => {
    const names = atEachGrain({ ...orders, coarser: ["1 hour", "24 hours"] }).map((metric) => rollupTable(metric).name);
    expect(new Set(names).size).toBe(3);
    expect(() => atEachGrain({ ...orders, coarser: ["1 day"] }).map(rollupTable)).toThrow('Metric "orders": its grain "1 day"');
  });
});
