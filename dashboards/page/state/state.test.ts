import { describe, expect, it } from "vitest";
import type { Metric } from "../api/wire.ts";
import { entityState } from "./entity-state.ts";
import { grainFor, rangeOf } from "./ranges.ts";
import { linkTo, parseRoute, routeHash, VIEWS } from "./route.ts";
import { trendCommand } from "./trend-command.ts";
import { parseConditions, trendQuestion } from "./trend-question.ts";

const orders: Metric = { name: "orders", kind: "count", dimensions: ["country", "device"] };
const NOW = Date.UTC(2026, 10, 25);

describe("the route", () => {
  it("is read from the address as it was written there", () => {
    for (const view of VIEWS) {
      const route = { view, params: { entity: "order-7 & co?#", range: "7 days" } };
      expect(parseRoute(routeHash(route))).toEqual(route);
    }
  });

  it("is the overview where the address says nothing that there is", () => {
    for (const hash of ["", "#", "#/", "#/nothing", "#main"]) expect(parseRoute(hash)).toEqual({ view: "overview", params: {} });
  });

  it("leaves out what is empty, and takes time and zone along to another view", () => {
    expect(routeHash({ view: "explore", params: { metric: "orders", by: "" } })).toBe("#/explore?metric=orders");
    const route = parseRoute("#/explore?metric=orders&range=today&zone=Asia%2FTokyo");
    expect(parseRoute(linkTo(route, "health"))).toEqual({ view: "health", params: { range: "today", zone: "Asia/Tokyo" } });
  });
});

describe("ranges", () => {
  it("are words, or dates where there are any", () => {
    expect(rangeOf(parseRoute("#/overview"))).toEqual({ range: "7 days" });
    expect(rangeOf(parseRoute("#/health"))).toEqual({ range: "1 hour" });
    expect(rangeOf(parseRoute("#/overview?range=today&from=2026-01-01"))).toEqual({ from: "2026-01-01" });
    expect(rangeOf(parseRoute("#/overview?from=2026-01-01&to=2026-02-01"))).toEqual({ from: "2026-01-01", to: "2026-02-01" });
  });

  it.each([
    ["an hour", { range: "1 hour" }, "minute"],
    ["a day", { range: "24 hours" }, "15 minutes"],
    ["a week", { range: "7 days" }, "hour"],
    ["a year", { range: "12 months" }, "week"],
    ["five years", { from: "2021-11-25" }, "month"],
    ["a century", { from: "1970-01-01", to: "2070-01-01" }, "year"],
    ["two hours", { from: "2026-11-24T22:00:00Z" }, "minute"],
  ])("of %s are cut into buckets that suit", (_, range, grain) => {
    expect(grainFor(range, NOW)).toBe(grain);
  });
});

describe("a trend", () => {
  it("asks only for what the metric has", () => {
    const route = parseRoute("#/explore?by=nothing&window=average+7&compare=week&where=country%3DDE");
    expect(trendQuestion(orders, route, "UTC", NOW)).toEqual({
      metric: "orders",
      range: "7 days",
      grain: "hour",
      timezone: "UTC",
      filter: { country: ["DE"] },
      window: { kind: "average", buckets: 7 },
      compare: "week",
    });
    expect(trendQuestion(orders, parseRoute("#/explore?by=country"), "UTC", NOW)).toMatchObject({ groupBy: ["country"], top: 8 });
  });

  it("is told as the command that asks the same", () => {
    const route = parseRoute(
      "#/explore?by=country&range=this+month&window=rolling+24&where=device!%3Dnull;country%3DDE,it's&transform=growth&fill=zero",
    );
    expect(trendCommand(trendQuestion(orders, route, "Europe/Berlin", NOW))).toBe(
      String.raw`hydrograph trend orders --during 'this month' --grain '6 hours' --zone Europe/Berlin --by country --top 8 --where 'device!=null' --where country=DE --where 'country=it'\''s' --rolling 24 --growth --fill zero`,
    );
    const dates = parseRoute("#/explore?from=2026-01-01&to=2026-02-01");
    expect(trendCommand(trendQuestion(orders, dates, "UTC", NOW))).toContain("--from 2026-01-01 --to 2026-02-01 --grain '6 hours'");
  });

  it.each([
    ["country=DE", { country: ["DE"] }],
    [" country = DE , AT ; gift!=null", { country: ["DE", "AT"], gift: { not: [null] } }],
    ["note=a=b", { note: ["a=b"] }],
    ["nonsense", {}],
  ])("reads the conditions %j", (text, filter) => {
    expect(parseConditions(text)).toEqual(filter);
  });
});

describe("an entity's state", () => {
  it("has the last value of each field, and says which event gave it", () => {
    const events = [
      '{"status":"new","buyer":{"country":"DE","name":"A"}}',
      '{"items":[1,2]}',
      '{"status":"paid","buyer":{"country":"AT"}}',
    ];
    expect(entityState(events)).toEqual([
      { path: "buyer.country", value: '"AT"', from: 2 },
      { path: "buyer.name", value: '"A"', from: 0 },
      { path: "items", value: "[1,2]", from: 1 },
      { path: "status", value: '"paid"', from: 2 },
    ]);
    expect(entityState([])).toEqual([]);
  });
});
