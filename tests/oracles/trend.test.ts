import { describe, expect, it } from "vitest";
import { z } from "zod";
import { avg, count, defineEvent, defineMetric, first, last, max, min, quantiles, sum, uniq, type Measure } from "../../model/index.ts";
import { isWithinAccuracy, measureEvents, scaled, total } from "./measure.ts";
import { at, event } from "./oracle-event.test-support.ts";
import { oracleTrend } from "./trend.ts";

const sale = defineEvent({ type: "sale", data: z.object({ amount: z.number().nullable(), place: z.object({ country: z.string() }) }) });
const sales = defineMetric({ name: "sales", event: sale, measure: count(), dimensions: ["place.country"] });
const revenue = defineMetric({ name: "revenue", event: sale, measure: sum("amount") });
const average = defineMetric({ name: "average", event: sale, measure: avg("amount") });

function sold(time: string, amount: number | null, country = "DE", seq = 1): ReturnType<typeof event> {
  return event(time, { amount, place: { country } }, { seq });
}

describe("oracleTrend", () => {
  const range = { from: at("2026-10-24T22:00:00Z"), to: at("2026-10-27T23:00:00Z"), zone: "Europe/Berlin" };

  it("counts into days of 25 hours, half-open, and shows empty days", () => {
    const events = [
      sold("2026-10-24T21:59:59.999Z", 1), // the 24th, before the range
      sold("2026-10-24T22:00:00Z", 1), // 00:00 on the 25th
      sold("2026-10-25T22:59:59.999Z", 1), // 23:59 on the 25th, 25 hours later
      sold("2026-10-25T23:00:00Z", 1), // 00:00 on the 26th
      sold("2026-10-27T23:00:00Z", 1), // the end
      event("2026-10-25T12:00:00Z", {}, { type: "other" }),
    ];
    const rows = oracleTrend(events, sales, { ...range, grain: "day" });
    expect(rows.map(({ values, partial }) => [values["value"], partial])).toEqual([
      [2, false],
      [1, false],
      [0, false],
    ]);
  });

  it("marks buckets that the range cuts, and counts only what is inside", () => {
    const events = [sold("2026-01-01T00:10:00Z", 1), sold("2026-01-01T00:40:00Z", 1), sold("2026-01-01T02:20:00Z", 1)];
    const rows = oracleTrend(events, sales, {
      from: at("2026-01-01T00:30:00Z"),
      to: at("2026-01-01T02:15:00Z"),
      grain: "hour",
      zone: "UTC",
    });
    expect(rows.map(({ values, partial }) => [values["value"], partial])).toEqual([
      [1, true],
      [0, false],
      [0, true],
    ]);
  });

  it("groups, filters and looks back to a watermark", () => {
    const events = [
      sold("2026-01-01T00:10:00Z", 1, "DE", 1),
      sold("2026-01-01T01:10:00Z", 1, "FR", 2),
      sold("2026-01-01T01:20:00Z", 1, "DE", 3),
    ];
    const request = { from: at("2026-01-01T00:00:00Z"), to: at("2026-01-01T02:00:00Z"), grain: "hour", zone: "UTC" };
    const counts = (more: object): unknown[] =>
      oracleTrend(events, sales, { ...request, ...more }).map(({ group, values }) => [...group, values["value"]]);
    expect(counts({ groupBy: ["place.country"] })).toEqual([
      ["DE", 1],
      ["FR", 0],
      ["DE", 1],
      ["FR", 1],
    ]);
    expect(counts({ filter: { "data.place.country": ["FR"] } })).toEqual([[0], [1]]);
    expect(counts({ asOf: { S: { epoch: 1, seq: 2 } } })).toEqual([[1], [1]]);
    expect(counts({ asOf: { S: { epoch: 2, seq: 0 } } })).toEqual([[1], [2]]);
    expect(counts({ asOf: {} })).toEqual([[0], [0]]);
  });

  it("shows an empty bucket as 0 for a sum and null for a mean, also where events lack the field", () => {
    const request = { from: at("2026-01-01T00:00:00Z"), to: at("2026-01-01T02:00:00Z"), grain: "hour", zone: "UTC" };
    const events = [sold("2026-01-01T00:10:00Z", null)];
    expect(oracleTrend(events, revenue, request).map(({ values }) => values["value"])).toEqual([0, 0]);
    expect(oracleTrend(events, average, request).map(({ values }) => values["value"])).toEqual([null, null]);
  });
});

describe("measureEvents", () => {
  const events = [
    sold("2026-01-01T00:00:01Z", 3, "DE", 3),
    sold("2026-01-01T00:00:01Z", 1, "DE", 1),
    sold("2026-01-01T00:00:00.500Z", null, "FR", 9),
    sold("2026-01-01T00:00:01Z", 2, "DE", 2),
    sold("2026-01-01T00:00:02Z", null, "FR", 10),
    sold("2026-01-01T00:00:01Z", 1, "DE", 0),
  ];

  it.each<[string, Measure, unknown]>([
    ["count", count(), { value: 6 }],
    ["sum", sum("amount"), { value: 7 }],
    ["avg", avg("amount"), { value: 1.75 }],
    ["min", min("amount"), { value: 1 }],
    ["max", max("amount"), { value: 3 }],
    ["uniq", uniq("amount"), { value: 3 }],
    ["uniq of an attribute", uniq("subject"), { value: 1 }],
    ["first, by sequence where times tie", first("amount"), { value: 1 }],
    ["last, by sequence where times tie", last("amount"), { value: 3 }],
    ["first of a text", first("place.country"), { value: "FR" }],
    ["quantiles of 1, 1, 2, 3", quantiles("amount", [0.5, 0.999]), { p50: { lower: 1, upper: 2 }, p99_9: { lower: 2, upper: 3 } }],
  ])("%s", (_name, measure, expected) => {
    const metric = { ...sales, measure };
    expect(measureEvents(metric, events)).toEqual(expected);
    expect(measureEvents(metric, events.toReversed())).toEqual(expected);
  });

  it("reads a value of another type than declared as none", () => {
    const odd = [
      event("2026-01-01T00:00:00Z", { amount: "12", place: { country: 7 } }),
      event("2026-01-01T00:00:00Z", { amount: true, place: "DE" }),
    ];
    expect(measureEvents({ ...sales, measure: sum("amount") }, odd)).toEqual({ value: null });
    expect(measureEvents({ ...sales, measure: last("place.country") }, odd)).toEqual({ value: null });
    expect(measureEvents({ ...sales, measure: uniq("amount") }, odd)).toEqual({ value: 0 });
  });

  it("rounds each value to the places, ties to even, then adds exactly", () => {
    expect(total([0.1, 0.2], 6)).toBe(0.3);
    expect([0.5, 1.5, -0.5, -2.5, 0.125].map((value) => scaled(value, 0))).toEqual([0n, 2n, 0n, -2n, 0n]);
    expect([0.125, 0.375, 1e21, 5e-324].map((value) => scaled(value, 2))).toEqual([12n, 38n, 100_000_000_000_000_000_000_000n, 0n]);
    expect(total([1e15, 0.000001, -1e15], 6)).toBe(0.000001);
    expect(total([9_007_199_254_740_993n, -9_007_199_254_740_992n], 2)).toBe(1);
  });

  it("takes a sketch's answer that is off by its accuracy, and no other", () => {
    expect([99, 101, 201.9, 98.9, 202.1].map((answer) => isWithinAccuracy(answer, { lower: 100, upper: 200 }, 0.01))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(isWithinAccuracy(-101, { lower: -100, upper: -100 }, 0.01)).toBe(true);
  });
});
