import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pooled, waveOf } from "./autocorrelation.ts";
import { lessLevel } from "./less-level.ts";

const sparse = fc.array(fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined, freq: 5 }), { minLength: 1, maxLength: 40 });

describe("pooled", () => {
  it("is the mean product of all pairs, as their definition says", () => {
    fc.assert(
      fc.property(sparse, fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 4 }), (values, lag, times) => {
        const known = values.flatMap((value) => (value === undefined ? [] : [value]));
        const variance = known.reduce((total, value) => total + value * value, 0) / Math.max(1, known.length);
        const products = values.flatMap((value, at) =>
          values.flatMap((other, place) => {
            const [steps, rest] = [Math.floor((place - at) / lag), (place - at) % lag];
            return value !== undefined && other !== undefined && rest === 0 && steps >= 1 && steps <= times ? [value * other] : [];
          }),
        );
        const mean = products.reduce((total, value) => total + value, 0) / Math.max(1, products.length);
        const { pairs, value } = pooled(waveOf(values, Infinity), lag, times);
        expect(pairs).toBe(products.length);
        expect(value).toBeCloseTo(variance === 0 ? 0 : mean / variance, 9);
      }),
    );
  });

  it("counts what is far off as no further than it may be", () => {
    expect([...waveOf([1, -90, undefined, 90], 3).values]).toEqual([1, -3, 0, 3]);
  });
});

describe("lessLevel", () => {
  it("takes away the mean around each value, as its definition says", () => {
    fc.assert(
      fc.property(sparse, fc.integer({ min: 1, max: 12 }), (values, width) => {
        const meanFrom = (start: number): number => {
          const part = values.filter((value, place) => value !== undefined && place >= start && place < start + width) as number[];
          return part.reduce((total, value) => total + value, 0) / part.length;
        };
        const half = width / 2;
        const wanted = values.map((value, at) =>
          value === undefined
            ? undefined
            : value - (width % 2 === 1 ? meanFrom(at - (width - 1) / 2) : (meanFrom(at - half) + meanFrom(at - half + 1)) / 2),
        );
        for (const [at, value] of lessLevel(values, width).entries()) {
          if (wanted[at] === undefined) expect(value).toBeUndefined();
          else expect(value).toBeCloseTo(wanted[at], 9);
        }
      }),
    );
  });

  it("leaves what repeats after the width as it is, and nothing of a slope", () => {
    const pattern = [3, -1, -4, 2];
    const values = Array.from({ length: 40 }, (_, index) => pattern[index % 4]! + 7 * index + 100);
    for (const [index, value] of lessLevel(values, 4).slice(2, -2).entries()) expect(value).toBeCloseTo(pattern[(index + 2) % 4]!, 9);
  });
});
