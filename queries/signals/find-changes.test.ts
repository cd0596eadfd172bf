import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findChanges } from "./find-changes.ts";
import { noiseScale } from "./noise-scale.ts";
import { segment } from "./segment.ts";
import { figureOf } from "./signal-options.ts";
import { hours, noise } from "./signals.test-support.ts";

const FROM = "2026-06-01T00:00Z";
const plain = noiseScale(false);

function costOf(values: readonly number[], starts: readonly number[], penalty: number): number {
  const bounds = [0, ...starts, values.length];
  const costs = bounds.slice(1).map((end, index) => {
    const part = values.slice(bounds[index], end);
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  return costs.reduce((sum, cost) => sum + cost, 0) + penalty * starts.length;
}

/** Every way to cut `size` values into stretches of `shortest` or more. */
function* allCuts(size: number, shortest: number, from = 0): Generator<number[]> {
  if (size - from >= shortest) yield [];
  for (let start = from + shortest; size - start >= shortest; start += 1)
    for (const rest of allCuts(size, shortest, start)) yield [start, ...rest];
}

describe("segment", () => {
  it("cuts at the least cost of all ways to cut", () => {
    const level = fc.integer({ min: -4, max: 4 });
    fc.assert(
      fc.property(
        fc.array(level, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        fc.double({ min: 0.5, max: 20, noNaN: true }),
        (values, shortest, penalty) => {
          if (values.length < shortest) return;
          const found = segment(values, penalty, shortest);
          const least = Math.min(...[...allCuts(values.length, shortest)].map((starts) => costOf(values, starts, penalty)));
          expect(costOf(values, found, penalty)).toBeCloseTo(least, 6);
          expect([...found, values.length].every((end, index) => end - (found[index - 1] ?? 0) >= shortest)).toBe(true);
        },
      ),
    );
  });

  it("makes one stretch of nothing and of what is too short", () => {
    expect([segment([], 1, 4), segment([1], 1, 4), segment([1, 2, 3], 1, 4)]).toEqual([[], [], []]);
  });
});

const flat = (value: number): number[] => Array<number>(50).fill(value);
/** How many of a hundred series of noise have a change. */
const changedNoise = (size: number): number =>
  Array.from({ length: 100 }, (_, seed) => findChanges(hours(FROM, noise(seed + 1, size)), undefined, plain, undefined)).filter(
    ({ length }) => length > 0,
  ).length;

describe("findChanges", () => {
  it("finds where the level shifts, with the levels before and after", () => {
    const values = noise(21, 150).map((off, index) => (index < 60 ? 100 : index < 110 ? 150 : 80) + 3 * off);
    const found = findChanges(hours(FROM, values), undefined, plain, undefined);
    expect(found.map(({ at }) => (at.getTime() - Date.parse(FROM)) / 3_600_000)).toEqual([60, 110]);
    expect(found[0]).toMatchObject({ before: expect.closeTo(100, -1), after: expect.closeTo(150, -1), growth: expect.closeTo(0.5, 1) });
    expect(found[1]!.difference).toBeLessThan(-60);
  });

  it("takes no spike for a change, nor noise, a constant, zeros, what is short, or a season", () => {
    const spiked = noise(22, 120).map((off, index) => (index === 50 || index === 51 ? 60 : off));
    for (const values of [spiked, noise(23, 300), flat(5), flat(0), [1, 9, 1, 9, 1, 9, 1], []])
      expect(findChanges(hours(FROM, values), undefined, plain, undefined)).toEqual([]);
    const seasonal = hours(
      FROM,
      noise(24, 24 * 12).map((off, index) => off + 20 * Math.sin((2 * Math.PI * index) / 24)),
    );
    const figure = figureOf(seasonal, { grain: "hour", timezone: "UTC", scale: plain });
    expect(findChanges(seasonal, figure, plain, undefined)).toEqual([]);
    expect(findChanges(seasonal, undefined, plain, undefined).length).toBeGreaterThan(5);
  });

  it("finds a step between two constants, and leaves out what is open, cut or null", () => {
    const points = hours(FROM, [...Array<number>(20).fill(0), ...Array<number>(20).fill(4), null, null, 900, 900, 900, 900]);
    const open = points.map((point, index) => (index > 41 ? { ...point, state: "open" as const } : point));
    const found = findChanges(open, undefined, plain, undefined);
    expect(found).toMatchObject([{ at: points[20]!.start, before: 0, after: 4, difference: 4, growth: null }]);
  });

  it("finds next to nothing in noise, over many seeds", () => {
    expect(changedNoise(30)).toBeLessThan(10);
    expect(changedNoise(150)).toBeLessThan(3);
  });

  it("asks for more where events are counted and few", () => {
    const rare = Array.from({ length: 80 }, (_, index) => (index % 16 === 3 ? 1 : 0));
    expect(findChanges(hours(FROM, rare), undefined, noiseScale(true), undefined)).toEqual([]);
    const risen = rare.map((value, index) => (index < 40 ? value : value + 30));
    expect(findChanges(hours(FROM, risen), undefined, noiseScale(true), undefined)).toMatchObject([{ before: 0, after: 30 }]);
  });
});
