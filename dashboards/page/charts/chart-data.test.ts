import { describe, expect, it } from "vitest";
import type { Trend, TrendRow } from "../api/wire.ts";
import { chartData, splitLine } from "./chart-data.ts";

function row(day: number, values: TrendRow["values"], more: Partial<TrendRow> = {}): TrendRow {
  const start = new Date(Date.UTC(2026, 10, day)).toISOString();
  const end = new Date(Date.UTC(2026, 10, day + 1)).toISOString();
  return { start, end, state: "final", partial: false, group: {}, values, ...more };
}

function answer(rows: readonly TrendRow[], more: Partial<Trend> = {}): Trend {
  const metrics = [{ name: "orders", outputs: ["value"], adds: true }];
  const about = { from: "", to: "", grain: "day", timezone: "UTC", totals: [], watermark: {}, sources: [] };
  return { metrics, groupBy: [], outputs: ["value"], rows, ...about, ...more };
}

describe("chartData", () => {
  it("has one line for a metric, and says which buckets may still change", () => {
    const data = chartData(
      answer([
        row(1, { value: 3 }, { partial: true }),
        row(2, { value: null }),
        row(3, { value: 5 }, { state: "provisional" }),
        row(4, { value: 1 }, { state: "open" }),
      ]),
    );
    expect(data).toEqual({
      starts: [1, 2, 3, 4].map((day) => Date.UTC(2026, 10, day)),
      ends: [2, 3, 4, 5].map((day) => Date.UTC(2026, 10, day)),
      unsettled: ["partial", undefined, "provisional", "open"],
      lines: [{ label: "orders", values: [3, null, 5, 1] }],
    });
  });

  it("has a line for each group: of the value asked for, and of all others together", () => {
    const rows = [1, 2].flatMap((day) => [
      row(day, { p50: day, p95: 10 * day }, { group: { country: "DE" } }),
      row(day, { p50: null, p95: null }, { group: { country: null } }),
      row(day, { p50: 7, p95: 70 }, { group: { country: null }, other: true }),
    ]);
    const grouped = answer(rows, { groupBy: ["country"], outputs: ["p50", "p95"] });
    expect(chartData(grouped, "p95").lines).toEqual([
      { label: "DE", values: [10, 20] },
      { label: "(none)", values: [null, null] },
      { label: "(other)", values: [70, 70] },
    ]);
    expect(chartData(grouped).lines[0]?.values).toEqual([1, 2]);
  });

  it("has a line for each value of a metric without groups, with the period compared with beside it", () => {
    const compared = { start: "", end: "", values: { p50: 4, p95: 40 }, difference: {}, growth: {} };
    const rows = [row(1, { p50: 1, p95: 10 }, { compared }), row(2, { p50: 2, p95: 20 }, { compared: null })];
    expect(chartData(answer(rows, { outputs: ["p50", "p95"], comparedWith: { period: "week", from: "", to: "" } })).lines).toEqual([
      { label: "p50", values: [1, 2], compared: [4, null] },
      { label: "p95", values: [10, 20], compared: [40, null] },
    ]);
  });

  it("draws no line of text, and none of nothing", () => {
    expect(chartData(answer([row(1, { value: "paid" })])).lines).toEqual([{ label: "orders", values: [null] }]);
    expect(chartData(answer([]))).toEqual({ starts: [], ends: [], unsettled: [], lines: [] });
  });
});

describe("splitLine", () => {
  it("meets in the values beside what may still change", () => {
    expect(splitLine([1, 2, 3, 4, 5], ["partial", undefined, undefined, "provisional", "open"])).toEqual([
      [null, 2, 3, null, null],
      [1, 2, 3, 4, 5],
    ]);
    expect(splitLine([1, 2, 3, 4], [undefined, undefined, undefined, "open"])).toEqual([
      [1, 2, 3, null],
      [null, null, 3, 4],
    ]);
  });
});
