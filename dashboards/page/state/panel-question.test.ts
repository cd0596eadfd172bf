import { describe, expect, it } from "vitest";
import type { Board, Metric, Panel } from "../api/wire.ts";
import { judged } from "./judged.ts";
import { boardOf, panelBody, panelWidth } from "./panel-question.ts";
import { defaultRange, grainFor } from "./ranges.ts";
import { parseRoute } from "./route.ts";

const metrics: readonly Metric[] = [
  { name: "orders", kind: "count", dimensions: ["country", "device"] },
  { name: "latest", kind: "last", dimensions: ["country"] },
];
const trend: Panel = { title: "Orders", show: "trend", ask: "trend", request: { metric: "orders", groupBy: ["country"], top: 5 } };
const latest: Panel = { title: "Latest", show: "trend", ask: "trend", request: { metric: "latest" } };
const movers: Panel = { title: "Moved", show: "movers", ask: "movers", request: { metric: "orders", groupBy: ["country"], limit: 3 } };
const board: Board = { name: "sales", title: "Sales", rangeSeconds: 5 * 86_400, grain: "auto", rows: [] };
const NOW = Date.UTC(2026, 10, 25);

const asked = (panel: Panel, hash: string, of = board): Readonly<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(panelBody(panel, { board: of, route: parseRoute(hash), zone: "UTC", metrics }, NOW))) as Record<
    string,
    unknown
  >;

describe("what a panel asks", () => {
  it("is what the dashboard declares, over its range", () => {
    expect(asked(trend, "#/board?name=sales")).toEqual({ ...trend.request, range: "5 days", timezone: "UTC", grain: "hour" });
    expect(asked(movers, "#/board?name=sales")).toEqual({ ...movers.request, range: "5 days", timezone: "UTC" });
  });

  it("follows range, grain and groups that are chosen; what cannot be grouped so stays as it is", () => {
    expect(asked(trend, "#/board?name=sales&range=today&grain=minute&by=device")).toEqual({
      metric: "orders",
      groupBy: ["device"],
      top: 5,
      range: "today",
      timezone: "UTC",
      grain: "minute",
    });
    expect(asked(latest, "#/board?name=sales&by=device")).not.toHaveProperty("groupBy");
    expect(asked(movers, "#/board?name=sales&by=device")).toMatchObject({ groupBy: ["country"] });
  });

  it("asks for no largest groups of values that may be text, and keeps a grain that is declared", () => {
    expect(asked(latest, "#/board?name=sales&by=country")).toMatchObject({ groupBy: ["country"] });
    expect(asked(latest, "#/board?name=sales&by=country")).not.toHaveProperty("top");
    expect(asked(trend, "#/board?name=sales", { ...board, grain: "week" })).toMatchObject({ grain: "week" });
  });
});

describe("a dashboard", () => {
  it("opens with its own range, named as in the list of ranges where it is there", () => {
    const named = [30 * 86_400, 3_600, 36 * 3_600, 90 * 60].map((rangeSeconds) => defaultRange("board", { rangeSeconds }));
    expect(named).toEqual(["30 days", "1 hour", "36 hours", "90 minutes"]);
    expect(named.map((range) => grainFor({ range }, NOW))).toEqual(["6 hours", "minute", "15 minutes", "minute"]);
  });

  it("is found by its name, in its own view alone", () => {
    expect(boardOf(parseRoute("#/board?name=sales"), [board])).toBe(board);
    expect(boardOf(parseRoute("#/board?name=other"), [board])).toBeUndefined();
    expect(boardOf(parseRoute("#/explore?name=sales"), [board])).toBeUndefined();
  });

  it("gives a panel the width that it declares, or that suits its kind", () => {
    expect([trend, { ...trend, width: 8 }, { ...trend, show: "candles" as const }].map(panelWidth)).toEqual([12, 8, 24]);
  });
});

describe("a number that can be bad", () => {
  it.each([
    [1, [2, 4], "good"],
    [2, [2, 4], "warning"],
    [4, [2, 4], "bad"],
    [5, [4, 2], "good"],
    [4, [4, 2], "good"],
    [3, [4, 2], "warning"],
    [1, [4, 2], "bad"],
    [null, [4, 2], undefined],
    [1, undefined, undefined],
  ] as const)("%s with the limits %j is %s", (value, limits, verdict) => {
    expect(judged(value, limits)).toBe(verdict);
  });
});
