import { describe, expect, it } from "vitest";
import { rankMovers } from "./rank-movers.ts";

const pair = (
  name: string,
  before: number | null,
  now: number | null,
): { group: { name: string }; before: number | null; now: number | null } => ({
  group: { name },
  before,
  now,
});

describe("rankMovers", () => {
  it("puts what moved most first, with its share of the change, and adds up the rest", () => {
    const groups = [pair("a", 10, 14), pair("b", 20, 10), pair("c", 0, 2), pair("d", 5, 5), pair("e", 3, 1)];
    const ranked = rankMovers(groups, pair("", 38, 32), true, 3);
    expect(ranked.total).toEqual({ before: 38, now: 32, difference: -6 });
    expect(ranked.movers).toEqual([
      { ...pair("b", 20, 10), difference: -10, growth: -0.5, contribution: 10 / 6 },
      { ...pair("a", 10, 14), difference: 4, growth: 0.4, contribution: -4 / 6 },
      { ...pair("c", 0, 2), difference: 2, growth: null, contribution: -2 / 6 },
    ]);
    expect(ranked.others).toEqual({ groups: 2, difference: -2 });
  });

  it("has no contribution where values do not add up or the total stands still, and no difference of what was not there", () => {
    const ranked = rankMovers([pair("a", null, 3), pair("b", 1, 2)], pair("", 4, 5), false, 9);
    expect(ranked.movers.map(({ contribution, difference }) => [difference, contribution])).toEqual([
      [1, null],
      [null, null],
    ]);
    expect(ranked.others).toEqual({ groups: 0, difference: null });
    expect(rankMovers([pair("a", 1, 2), pair("b", 2, 1)], pair("", 3, 3), true, 9).movers.map(({ contribution }) => contribution)).toEqual([
      null,
      null,
    ]);
  });
});
