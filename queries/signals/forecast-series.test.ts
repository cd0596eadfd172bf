import { describe, expect, it } from "vitest";
import { forecastMethods } from "./forecast-methods.ts";
import { forecastSeries } from "./forecast-series.ts";
import { coverage, halfWidths } from "./interval.ts";
import { seasonsOf } from "./season.ts";
import { hours, noise } from "./signals.test-support.ts";

const FROM = "2026-06-01T00:00Z";
const [day] = seasonsOf("6 hours", "UTC");
const options = { level: 0.9, least: -Infinity };

/** The past and the buckets after it, of six hours each. */
function scene(values: readonly (number | null)[], horizon: number): Parameters<typeof forecastSeries> {
  const all = hours(FROM, [...values, ...Array<null>(horizon).fill(null)], 6);
  return [all.slice(0, values.length), undefined, all.slice(values.length), options];
}

describe("forecastMethods", () => {
  it("compute what the textbook says", () => {
    // Eight buckets, a cycle of four: 1 2 3 4, 5 6 7 8.
    const all = hours(FROM, [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0], 6);
    const past = all.slice(0, 8).map(({ start, value }) => ({ start, value: value! }));
    const ahead = all.slice(8).map(({ start }, index) => ({ start, steps: index + 1 }));
    const told = Object.fromEntries(forecastMethods(day).map(({ foretell, name }) => [name, foretell(past, ahead)]));
    expect(told).toEqual({
      last: [8, 8, 8, 8, 8],
      // 8 + h (8 − 1) / 7
      drift: [9, 10, 11, 12, 13],
      // the last cycle again, and again
      season: [5, 6, 7, 8, 5],
      // rise a bucket: (6.5 − 2.5) / 4 = 1; the same place lies 4 buckets before, then 8
      "season and drift": [9, 10, 11, 12, 13],
      // two cycles are too few for a figure
      "level and season": [undefined, undefined, undefined, undefined, undefined],
    });
  });
});

describe("forecastSeries", () => {
  it("chooses the season where there is one, and the line where there is one", () => {
    const wave = noise(31, 120).map((off, index) => [10, 40, 90, 40][index % 4]! + off);
    const [points, , ahead] = scene(wave, 4);
    const told = forecastSeries(points, day, ahead, options);
    expect(told.method).toBe("level and season");
    told.points.forEach(({ high, low, value }, index) => {
      expect(value).toBeCloseTo([10, 40, 90, 40][index]!, -1);
      expect(low).toBeLessThan(value!);
      expect(high).toBeGreaterThan(value!);
    });
    expect(told.coverage).toBeGreaterThan(0.75);
    const line = forecastSeries(
      ...scene(
        noise(32, 100).map((off, index) => 5 * index + off / 10),
        3,
      ),
    );
    expect(line.method).toBe("drift");
    expect(line.points.map(({ value }) => Math.round(value! / 5))).toEqual([100, 101, 102]);
  });

  it("says nothing of what is short, gives no interval where back-tests are few, and goes on with a constant", () => {
    const short = forecastSeries(...scene([1, 2, 3], 2));
    expect(short).toMatchObject({
      method: null,
      coverage: null,
      backTests: [],
      points: [
        { value: null, low: null },
        { value: null, high: null },
      ],
    });
    const few = forecastSeries(...scene(noise(1, 14), 2));
    expect(few.points).toMatchObject([{ low: null }, { low: null }]);
    expect(few.points[0]?.value).not.toBeNull();
    expect(forecastSeries(...scene(Array<number>(60).fill(7), 2))).toMatchObject({
      points: [
        { value: 7, low: 7, high: 7 },
        { value: 7, low: 7, high: 7 },
      ],
      coverage: 1,
      backTests: [{ mae: 0, mape: 0 }, { mae: 0 }, { mae: 0 }],
    });
  });

  it("has no percentage of zeros, steps over gaps, and goes below no bound", () => {
    const zeros = forecastSeries(...scene(Array<number>(60).fill(0), 1));
    expect(zeros).toMatchObject({ backTests: [{ mape: null }, { mape: null }, { mape: null }], points: [{ value: 0 }] });
    expect(forecastSeries(...scene(Array<null>(60).fill(null), 1))).toMatchObject({ method: null, points: [{ value: null }] });
    const [points, , ahead] = scene(
      noise(2, 80).map((off, index) => (index % 5 === 0 ? null : Math.abs(off))),
      3,
    );
    const told = forecastSeries(points, undefined, ahead, { ...options, least: 0 });
    expect(told.points.every(({ low, value }) => value! >= 0 && low === 0)).toBe(true);
  });
});

describe("intervals", () => {
  it("are the ⌈(n + 1) · level⌉-th smallest error, and never narrow", () => {
    const errors = Array.from({ length: 19 }, (_, index) => [index + 1, index === 18 ? undefined : -1]);
    expect(halfWidths(errors, 2, 0.9)).toEqual([18, 18]);
    expect(halfWidths(errors, 1, 0.95)).toEqual([19]);
    expect(halfWidths(errors, 1, 0.96)).toEqual([null]);
    expect(halfWidths(errors.slice(0, 9), 1, 0.9)).toEqual([9]);
    expect(halfWidths([], 2, 0.9)).toEqual([null, null]);
    expect(coverage([[1], [2]], 1, 0.9)).toBeNull();
  });

  it("hold as many values to come as they say, over many series of noise", () => {
    let [held, all] = [0, 0];
    for (let seed = 1; seed <= 150; seed += 1) {
      const values = noise(seed, 101);
      const [points, , ahead] = scene(values.slice(0, 100), 1);
      const [told] = forecastSeries(points, undefined, ahead, options).points;
      all += 1;
      if (told!.low! <= values[100]! && values[100]! <= told!.high!) held += 1;
    }
    expect(held / all).toBeGreaterThan(0.82);
    expect(held / all).toBeLessThan(0.98);
  });
});
