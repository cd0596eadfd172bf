import { describe, expect, it } from "vitest";
import { gridEdges, grainOf } from "../../model/index.ts";
import { clockPlaces } from "./clock-places.ts";
import { noiseScale } from "./noise-scale.ts";
import { periodsOf } from "./seasonality.ts";
import type { SignalPoint } from "./signal-series.ts";
import { noise } from "./signals.test-support.ts";

/** Buckets of a grain from a moment on, on the clocks of a zone. */
function buckets(
  grain: string,
  timezone: string,
  from: string,
  count: number,
  value: (start: Date, index: number) => number | null,
): SignalPoint[] {
  const start = Date.parse(from) * 1_000;
  const edges = gridEdges({ from: start, to: start + count * 32 * 86_400_000_000, grain: grainOf(grain), timezone }).slice(0, count + 1);
  return edges.slice(0, -1).map((edge, index) => ({
    start: new Date(edge / 1_000),
    end: new Date((edges[index + 1] ?? 0) / 1_000),
    state: "final",
    partial: false,
    value: value(new Date(edge / 1_000), index),
  }));
}

/** International airline passengers, thousands a month, January 1949 to December 1960: Box and Jenkins, "Time Series Analysis" (1976), series G. */
const PASSENGERS = [
  [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118],
  [115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140],
  [145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166],
  [171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194],
  [196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201],
  [204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229],
  [242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278],
  [284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306],
  [315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336],
  [340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337],
  [360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405],
  [417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432],
].flat();

const plain = noiseScale(false);

describe("periodsOf", () => {
  it("finds the year in the passengers of airlines, also in four years of them", () => {
    for (const years of [4, 12]) {
      // 1970 and later, as buckets are: the months are the same.
      const points = buckets("month", "UTC", "1971-01-01T00:00Z", 12 * years, (_start, index) => PASSENGERS[index] ?? null);
      const [year, ...others] = periodsOf(points, { grain: "month", timezone: "UTC" }, plain, 0.01);
      expect(year).toMatchObject({ buckets: 12, season: "year", cycles: years });
      expect(year!.strength).toBeGreaterThan(0.6);
      expect(others.every(({ strength }) => strength < year!.strength)).toBe(true);
    }
  });

  it("counts hours on the clocks, where days have 23 and 25", () => {
    const hour = new Intl.DateTimeFormat("en", { timeZone: "Europe/Berlin", hour: "numeric", hourCycle: "h23" });
    const opened = (start: Date): number => (Number(hour.format(start)) === 9 ? 100 : 0);
    for (const from of ["2026-03-21T23:00Z", "2026-10-17T22:00Z"]) {
      const points = buckets("hour", "Europe/Berlin", from, 24 * 14, opened);
      const [day] = periodsOf(points, { grain: "hour", timezone: "Europe/Berlin" }, plain, 0.01);
      expect(day).toMatchObject({ buckets: 24, season: "day" });
      // By index only half of the days would be right.
      expect(day!.strength).toBeGreaterThan(0.95);
    }
  });

  it("finds periods that no calendar has", () => {
    const wild = noise(17, 300);
    const points = buckets("minute", "UTC", "2026-03-01T00:00Z", 300, (_start, index) => wild[index]! + (index % 17 < 3 ? 4 : 0));
    expect(periodsOf(points, { grain: "minute", timezone: "UTC" }, plain, 0.01)[0]).toMatchObject({ buckets: 17, season: null });
  });
});

describe("clockPlaces", () => {
  it("leaves the hour that is skipped empty, and puts the two that are one together", () => {
    const spring = buckets("hour", "Europe/Berlin", "2026-03-29T00:00Z", 3, (_start, index) => index);
    expect(clockPlaces(spring, "hour", "Europe/Berlin")).toEqual([0, undefined, 1, 2]);
    const autumn = buckets("hour", "Europe/Berlin", "2026-10-24T23:00Z", 4, (_start, index) => index);
    expect(clockPlaces(autumn, "hour", "Europe/Berlin")).toEqual([0, 1.5, 3]);
  });

  it("knows nothing of what is open, cut or missing", () => {
    const points = buckets("day", "UTC", "2026-03-01T00:00Z", 4, (_start, index) => (index === 1 ? null : index));
    const odd = points.map((point, index) => ({
      ...point,
      ...(index === 2 ? { partial: true } : {}),
      ...(index === 3 ? { state: "open" as const } : {}),
    }));
    expect(clockPlaces(odd, "day", "UTC")).toEqual([0, undefined, undefined, undefined]);
    expect(clockPlaces([], "hour", "UTC")).toEqual([]);
  });
});
