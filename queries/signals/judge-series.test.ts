import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeSeries } from "./judge-series.ts";
import { noiseScale } from "./noise-scale.ts";
import { figureOf } from "./signal-options.ts";
import type { SignalPoint } from "./signal-series.ts";
import { hours, noise } from "./signals.test-support.ts";

const FROM = "2026-06-01T00:00Z";
const plain = noiseScale(false);
const counts = noiseScale(true);
const verdicts = (points: readonly SignalPoint[], scale = plain): Record<number, string> =>
  Object.fromEntries(
    judgeSeries(points, undefined, 3.5, scale).flatMap(({ verdict }, index) =>
      verdict === "usual" || verdict === "unknown" ? [] : [[index, verdict]],
    ),
  );
const constant = (length: number, value: number): number[] => Array<number>(length).fill(value);

describe("judgeSeries", () => {
  it("calls what strays, and nothing else", () => {
    const values = noise(11, 200).map((off) => 100 + off);
    values[80] = 120;
    values[150] = 80;
    expect(verdicts(hours(FROM, values))).toEqual({ 80: "high", 150: "low" });
  });

  it("says nothing of what is short: too few values before, or in all", () => {
    expect(judgeSeries(hours(FROM, [1, 2, 3]), undefined, 3.5, plain)).toMatchObject(
      [1, 2, 3].map(() => ({ expected: null, score: null, verdict: "unknown" })),
    );
    expect(judgeSeries(hours(FROM, constant(15, 1)), undefined, 3.5, plain).every(({ verdict }) => verdict === "unknown")).toBe(true);
    expect(judgeSeries(hours(FROM, constant(16, 1)), undefined, 3.5, plain).filter(({ verdict }) => verdict === "usual")).toHaveLength(8);
  });

  it("finds a constant usual, zeros too, and one that strays from it an anomaly; rounding is none", () => {
    for (const value of [0, 0.1, 7]) expect(verdicts(hours(FROM, constant(60, value)))).toEqual({});
    const spiked = constant(60, 7);
    spiked[40] = 8;
    expect(verdicts(hours(FROM, spiked))).toEqual({ 40: "high" });
    const rounded = constant(60, 0.3);
    rounded[40] = 0.1 + 0.2;
    expect(verdicts(hours(FROM, rounded))).toEqual({});
  });

  it("takes chance into account where events are counted: one after none is usual, ten are not", () => {
    const few = constant(60, 0);
    few[30] = 1;
    few[50] = 10;
    expect(verdicts(hours(FROM, few), counts)).toEqual({ 50: "high" });
    expect(verdicts(hours(FROM, few))).toMatchObject({ 30: "high" });
    const [, judged] = judgeSeries(hours(FROM, constant(60, 100)), undefined, 3.5, counts).slice(-2);
    // 2√(100 + 3/8) = 20.037, give or take 3.5.
    expect(judged).toMatchObject({ expected: 100, low: expect.closeTo(67.997, 2), high: expect.closeTo(138.128, 2) });
  });

  it("never calls a bucket that is open or cut, and learns nothing from it, nor from null", () => {
    const points = hours(FROM, [...noise(5, 60).map((off) => 10 + off), 1_000, null]);
    const unwhole = points.map((point, index): SignalPoint =>
      index === 60 ? { ...point, state: "open" } : index === 0 ? { ...point, partial: true, value: 999 } : point,
    );
    const judged = judgeSeries(unwhole, undefined, 3.5, plain);
    expect(judged[60]).toMatchObject({ verdict: "unknown", score: null, expected: expect.closeTo(10, 0) });
    expect([judged[0], judged[61]]).toMatchObject([{ verdict: "unknown" }, { verdict: "unknown" }]);
    expect(verdicts(unwhole)).toEqual(verdicts(unwhole.slice(0, 60)));
  });

  it("takes a shift of the level for an anomaly until the level has caught up, thirteen buckets later", () => {
    const values = noise(7, 100).map((off, index) => (index < 50 ? 10 : 40) + off);
    expect(Object.keys(verdicts(hours(FROM, values))).map(Number)).toEqual(Array.from({ length: 13 }, (_, index) => 50 + index));
  });

  it("expects a slope to go on, and a season to come again, over a day of 25 hours as well", () => {
    const slope = noise(9, 200).map((off, index) => 3 * index + off);
    expect(verdicts(hours(FROM, slope))).toEqual({});
    const days = hours(
      "2026-10-09T22:00Z",
      noise(4, 24 * 20).map((off, index) => off + 50 + index / 100),
    );
    const local = new Intl.DateTimeFormat("en", { timeZone: "Europe/Berlin", hour: "numeric", hourCycle: "h23" });
    const seasonal = days.map((point) => ({ ...point, value: point.value! + (Number(local.format(point.start)) === 9 ? 300 : 0) }));
    const figure = figureOf(seasonal, { grain: "hour", timezone: "Europe/Berlin", scale: plain });
    expect(figure?.season.name).toBe("day");
    expect(judgeSeries(seasonal, figure, 5, plain).filter(({ verdict }) => verdict === "high" || verdict === "low")).toEqual([]);
  });

  it("gives finite numbers or null, whatever it is given, and the same for what came before when more comes", () => {
    const value = fc.option(fc.oneof(fc.constantFrom(0, 1, -1, 1e15, 1e-15), fc.double({ min: -1e9, max: 1e9, noNaN: true })), {
      nil: null,
    });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.boolean(), (values, counted) => {
        for (const judged of judgeSeries(hours(FROM, values), undefined, 3.5, counted ? counts : plain)) {
          const numbers = [judged.expected, judged.low, judged.high, judged.score].filter((number) => number !== null);
          expect(numbers.every((number) => Number.isFinite(number))).toBe(true);
          if (judged.low !== null) expect(judged.low).toBeLessThanOrEqual(judged.high!);
          if (judged.verdict === "usual") expect(Math.abs(judged.score!)).toBeLessThanOrEqual(3.5);
        }
      }),
    );
  });
});
