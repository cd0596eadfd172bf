import { describe, expect, it } from "vitest";
import { columnChart, sparkline, type BucketMark, type ChartInput } from "./chart.ts";

const finals = (count: number): BucketMark[] => Array.from({ length: count }, () => "final");

function chart(values: (number | null)[], rest: Partial<ChartInput> = {}): string[] {
  const buckets = values.map((_, index) => `b${index}`);
  return columnChart({ series: { label: "orders", values }, marks: finals(values.length), buckets, width: 40, ...rest }).split("\n");
}

describe("columnChart", () => {
  it("draws the greatest value to the top and others in proportion", () => {
    const [top, ...rest] = chart([1, 8, 4]);
    expect(top).toBe("      8 ┤     ████");
    expect(rest.slice(0, 8)).toEqual([
      "        ┤     ████",
      "        ┤     ████",
      "        ┤     ████",
      "        ┤     ████ ████",
      "        ┤     ████ ████",
      "        ┤     ████ ████",
      "      0 ┤████ ████ ████",
      "        └───────────────",
    ]);
  });

  it("leaves a bucket without a value empty, and shows a tiny one", () => {
    expect(chart([1000, null, 0.1])[7]).toBe("      0 ┤████      ▁▁▁▁");
  });

  it("hatches what is not final", () => {
    const lines = chart([4, 4, 4], { marks: ["final", "provisional", "open"] });
    expect(lines[0]).toBe("      4 ┤████ ▒▒▒▒ ░░░░");
  });

  it("puts several buckets into a column when there are too many, and says so", () => {
    const lines = chart(
      Array.from({ length: 62 }, (_, index) => index),
      { width: 40 },
    );
    expect(lines.at(-2)).toContain("each column is the mean of 2 buckets");
    expect(Math.max(...lines.slice(0, 9).map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  it("marks a folded column as open if any of its buckets is", () => {
    const marks = [...finals(61), "open" as const];
    expect(
      chart(
        Array.from({ length: 62 }, () => 1),
        { marks },
      )[0],
    ).toMatch(/█░$/);
  });

  it("draws values below zero as dots", () => {
    const lines = chart([-1, 0, 1]);
    expect(lines[0]).toBe("      1 ┤          ••••");
    expect(lines[7]).toBe("     -1 ┤••••");
  });

  it("says that there is nothing to draw", () => {
    expect(chart([null, null])[0]).toContain("no values");
    expect(chart([0, 0])[0]).toContain("all 0");
  });
});

describe("sparkline", () => {
  it("draws each value between 0 and the greatest of the series", () => {
    expect(sparkline({ label: "DE", values: [0, 5, 10, null] }, finals(4), 40)).toBe("▁▅█ ");
  });

  it("shows an open bucket as such", () => {
    expect(sparkline({ label: "DE", values: [10, 3] }, ["final", "open"], 40)).toBe("█░");
  });
});
