import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { psiOracle } from "../../tests/oracles/psi.ts";
import { randomFrom } from "../../tests/support/random.ts";
import { populationStability } from "./population-stability.ts";

const counts = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { minLength: 1, maxLength: 22 });

/** As many values of each bin as are counted. */
function values(of: readonly number[]): string[] {
  return of.flatMap((count, bin) => Array.from({ length: count }, () => String(bin)));
}

describe("the population stability index", () => {
  test("is that of the definition, over any counts", () => {
    fc.assert(
      fc.property(counts, (pairs) => {
        const [then, now] = [pairs.map(([before]) => before), pairs.map(([, after]) => after)];
        const wanted = psiOracle(values(then), values(now), (bin) => bin);
        expect(populationStability(then, now).psi).toBeCloseTo(wanted, 9);
      }),
    );
  });

  test("is 0 of the same counts, the same both ways, and never below 0", () => {
    fc.assert(
      fc.property(counts, (pairs) => {
        const [then, now] = [pairs.map(([before]) => before), pairs.map(([, after]) => after)];
        expect(populationStability(then, then).psi).toBe(0);
        expect(populationStability(then, now).psi).toBeCloseTo(populationStability(now, then).psi, 9);
        expect(populationStability(then, now).psi).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("does not change for bins that nobody is in, and is finite where one side is empty", () => {
    expect(populationStability([50, 50, 0], [60, 40, 0])).toEqual(populationStability([50, 50], [60, 40]));
    // Twice 50/51 ln(101), by hand.
    expect(populationStability([50, 0], [0, 50]).psi).toBeCloseTo(9.0493, 4);
  });

  test("of rows of the same distribution exceeds chance about one time in a hundred", () => {
    const random = randomFrom(1);
    const draw = (rows: number): number[] => {
      const bins = Array.from({ length: 10 }, () => 0);
      for (let row = 0; row < rows; row++) bins[Math.floor(random() * 10)]! += 1;
      return bins;
    };
    const runs = 2_000;
    const beyond = Array.from({ length: runs }, () => populationStability(draw(1_000), draw(400))).filter(
      ({ chance, psi }) => psi > chance,
    );
    expect(beyond.length / runs).toBeGreaterThan(0.004);
    expect(beyond.length / runs).toBeLessThan(0.02);
  });
});
