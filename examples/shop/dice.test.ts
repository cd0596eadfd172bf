import { describe, expect, it } from "vitest";
import { Dice, mix, weighted } from "./dice.ts";
import { EVENTS_PER_VISIT, shopHistory } from "./shop.ts";
import { visitsBetween } from "./traffic.ts";
import { LONGEST_VISIT, visitEvents } from "./visit-events.ts";

describe("Dice", () => {
  it("scrambles as MurmurHash3 does", () => {
    // From the reference code: fmix32(1), fmix32(2), fmix32(0xdeadbeef).
    expect([1, 2, 0xdeadbeef].map((word) => (mix(word) >>> 0).toString(16))).toEqual(["514e28b7", "30f4c306", "de5c6a9"]);
  });

  it("is even: sixteen cells of 160,000 draws over many seeds, chi-squared below the 0.1 % bound for 15 degrees of freedom", () => {
    const cells = Array.from({ length: 16 }, () => 0);
    for (let seed = 0; seed < 1_600; seed += 1) {
      const dice = new Dice(1, 20_000, seed);
      for (let draw = 0; draw < 100; draw += 1) cells[Math.floor(dice.next() * 16)]! += 1;
    }
    expect(cells.reduce((sum, cell) => sum + (cell - 10_000) ** 2 / 10_000, 0)).toBeLessThan(37.7);
  });

  it("weighs", () => {
    const dice = new Dice(1, 2, 3);
    const coin = weighted(["heads", 3], ["tails", 1]);
    const heads = Array.from({ length: 10_000 }, () => dice.weigh(coin)).filter((side) => side === "heads").length;
    expect(heads / 10_000).toBeCloseTo(0.75, 1.5);
  });
});

describe("visits", () => {
  const { shop } = shopHistory({ until: new Date("2026-10-10"), sessions: 60_000 });
  const visits = [...visitsBetween(shop, Date.parse("2026-10-05"), Date.parse("2026-10-12"))];

  it("begin in order", () => {
    const starts = visits.map(({ start }) => start);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it("have as many events as the rate of a live shop is reckoned with, and end in time", () => {
    const drawn = visits.map((visit) => visitEvents(shop, visit).drafts.map(({ time }) => time - visit.start));
    expect(drawn.flat().length / visits.length / EVENTS_PER_VISIT).toBeCloseTo(1, 1.5);
    expect(Math.max(...drawn.flat())).toBeLessThan(LONGEST_VISIT);
  });
});
