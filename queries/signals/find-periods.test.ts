import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldedPeriod } from "../../tests/oracles/periods.ts";
import { findPeriods } from "./find-periods.ts";
import { median } from "./median.ts";
import { robustScale } from "./robust-scale.ts";
import { noise } from "./signals.test-support.ts";

type Folded = ReturnType<typeof foldedPeriod>;
const options = { falseAlarms: 0.01, usual: [] };
const lengths = (values: readonly (number | undefined)[], usual: readonly number[] = []): number[] =>
  findPeriods(values, { ...options, usual }).map(({ places }) => places);
const sine = (index: number, period: number): number => Math.sin((2 * Math.PI * index) / period + 1);
/** Whether some of a pattern's values are so far off that they are taken for spikes, and count as no further than others. */
const hasSpikes = (pattern: readonly number[]): boolean => {
  const centre = median(pattern) ?? 0;
  return pattern.some((value) => Math.abs(value - centre) > 2.5 * robustScale(pattern));
};
/** Share of so many series in which something is found. */
const alarms = (count: number, series: (seed: number) => readonly number[], usual?: readonly number[]): number =>
  Array.from({ length: count }, (_, index) => lengths(series(index + 1), usual)).filter(({ length }) => length > 0).length / count;
/** Noise that keeps a share of the value before; all of it = a walk. */
const walk = (keep: number) => (seed: number) => {
  let at = 0;
  return noise(seed, 200).map((step) => (at = keep * at + step));
};

/** Of each length of a sine, so many; more with PERIOD_SERIES. */
const SERIES_A_PERIOD = Number(process.env["PERIOD_SERIES"] ?? 20);

describe("findPeriods", () => {
  it("finds what epoch folding finds, of any pattern", () => {
    const drawn = fc.record({
      pattern: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 20 }),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
      cycles: fc.integer({ min: 7, max: 12 }),
    });
    fc.assert(
      fc.property(drawn, ({ cycles, pattern, seed }) => {
        const off = noise(seed, Math.max(60, pattern.length * cycles));
        const values = off.map((wild, index) => 3 * pattern[index % pattern.length]! + wild);
        const [{ places, share }, other] = [0.02, 0.3].map((nearly) => foldedPeriod(values, Math.floor(values.length / 3), nearly)) as [
          Folded,
          Folded,
        ];
        fc.pre(share > 0.8 && places === other.places && !hasSpikes(pattern));
        expect(lengths(values)[0]).toBe(places);
      }),
      { numRuns: Number(process.env["PERIOD_RUNS"] ?? 150) },
    );
  });

  it("finds sines of any length in noise as strong as they are, but for 1 of 200 series, and says what share of the variance they are", () => {
    // Chance may hide any sine: the same series each time, and a share of them.
    const series = Array.from({ length: 39 * SERIES_A_PERIOD }, (_, index) => ({ period: 2 + (index % 39), seed: index + 1 }));
    const told = series.map(({ period, seed }) => {
      const values = noise(seed, period * 12 + 60).map((wild, index) => 100 + 3 * sine(index, period) + wild);
      const [found] = findPeriods(values, { ...options, usual: [period] });
      const square = values.reduce((total, _, index) => total + sine(index, period) ** 2, 0) / values.length;
      return found?.places === period && Math.abs(found.strength - (9 * square) / (9 * square + 1)) < 0.15;
    });
    expect(told.filter((isRight) => !isRight).length / series.length).toBeLessThanOrEqual(0.005);
  });

  it("finds nothing in white noise, but for 1 of 100 series", () => {
    const rates = [12, 30, 60, 150, 400].map((size) => alarms(300, (seed) => noise(seed, size)));
    const calendar = alarms(300, (seed) => noise(seed, 400), [24, 168]);
    const all = [...rates, calendar];
    expect(all.reduce((total, rate) => total + rate, 0) / all.length).toBeLessThanOrEqual(0.01);
  });

  it("finds little in noise that resembles its neighbours, and in walks, shifts, slopes and curves", () => {
    for (const keep of [0.5, 0.8, 0.95, 1]) expect(alarms(200, walk(keep))).toBeLessThanOrEqual(0.06);
    const shaped = [(index: number) => (index > 90 ? 20 : 0), (index: number) => 5 * index, (index: number) => index ** 2 / 100];
    for (const shape of shaped)
      expect(alarms(200, (seed) => noise(seed, 150).map((wild, index) => wild + shape(index)))).toBeLessThanOrEqual(0.02);
  });

  it("finds nothing where nothing can be found", () => {
    for (const values of [[], [1], [1, 2, 3], Array<number>(100).fill(7), Array<undefined>(100).fill(undefined)])
      expect(lengths(values)).toEqual([]);
    expect(lengths(Array.from({ length: 100 }, (_, index) => 0.1 * index))).toEqual([]);
    // Two cycles are not three.
    expect(lengths(Array.from({ length: 20 }, (_, index) => 10 * sine(index, 10)))).toEqual([]);
  });

  it("finds weeks behind slopes, shifts, spikes and gaps", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const values = noise(seed, 84).map((wild, index) => {
        if (index % 11 === 4) return undefined;
        const week = index % 7 > 4 ? -5 : 0;
        return wild + week + 0.3 * index + (index > 40 ? 8 : 0) + (index === 30 || index === 55 ? 500 : 0);
      });
      expect(lengths(values, [7])).toEqual([7]);
    }
  });

  it("finds the day in the week, each once, the stronger first", () => {
    for (const seed of [1, 2, 3]) {
      const values = noise(seed, 24 * 35).map((wild, index) => wild + 2 * sine(index, 24) - (Math.floor(index / 24) % 7 > 4 ? 5 : 0));
      const found = findPeriods(values, { ...options, usual: [24, 168] });
      expect(found.map(({ places }) => places)).toEqual([168, 24]);
      expect(found[0]!.strength).toBeGreaterThan(found[1]!.strength);
    }
  });

  it("does not care for the unit", () => {
    const values = noise(5, 100).map((wild, index) => wild + 3 * sine(index, 9));
    const found = findPeriods(values, options);
    const other = findPeriods(
      values.map((value) => 1e6 - 1e4 * value),
      options,
    );
    expect(other.map(({ places }) => places)).toEqual(found.map(({ places }) => places));
    expect(other[0]!.strength).toBeCloseTo(found[0]!.strength, 6);
  });
});
