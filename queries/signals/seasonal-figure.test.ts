import { describe, expect, it } from "vitest";
import { bestFigure, seasonalFigure, type Known } from "./seasonal-figure.ts";
import { seasonsOf } from "./season.ts";
import { hours, noise } from "./signals.test-support.ts";

const MONDAY = "2026-06-01T00:00Z";
const [day, week] = seasonsOf("hour", "UTC");
const known = (values: readonly (number | null)[]): Known[] =>
  hours(MONDAY, values).flatMap(({ start, value }) => (value === null ? [] : [{ start, value }]));
const wave = (index: number): number => 10 * Math.sin((2 * Math.PI * index) / 24);

describe("seasonalFigure", () => {
  it("is the pattern itself, also when a level shifts, spikes and gaps come in", () => {
    const values = Array.from({ length: 24 * 10 }, (_, index) => (index % 50 === 7 ? null : wave(index) + (index < 120 ? 100 : 500)));
    values[33] = 9_000;
    const figure = seasonalFigure(known(values), day!)!;
    for (let phase = 0; phase < 24; phase += 1) expect(figure.adds.get(phase)).toBeCloseTo(wave(phase), 0);
    expect(figure).toMatchObject({ cycles: 10 });
    expect(figure.strength).toBeGreaterThan(0.5);
  });

  it("finds none in noise, in a constant, in a slope and in two cycles, whatever the seed", () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) expect(bestFigure(known(noise(seed, 24 * 5)), [day!, week!])).toBeUndefined();
    expect(bestFigure(known(Array<number>(240).fill(3)), [day!, week!])).toBeUndefined();
    expect(seasonalFigure(known(Array.from({ length: 48 }, (_, index) => wave(index))), day!)).toBeUndefined();
    expect(bestFigure([], [day!, week!])).toBeUndefined();
  });

  it("chooses the week where weekends differ, and the day where they do not", () => {
    const daily = noise(3, 24 * 35).map((off, index) => wave(index) + off);
    const weekly = daily.map((value, index) => value - (Math.floor(index / 24) % 7 > 4 ? 30 : 0));
    expect(bestFigure(known(daily), [day!, week!])?.season.name).toBe("day");
    expect(bestFigure(known(weekly), [day!, week!])?.season.name).toBe("week");
  });
});
