import { describe, expect, it } from "vitest";
import { z } from "zod";
import { count, defineEvent, defineMetric, defineProject, defineRatio, sum, type SavedQuery } from "../../model/index.ts";
import { defineQuery } from "./define-query.ts";
import { QUESTION_KINDS } from "./question-calls.ts";
import { queryProblem } from "./query-problem.ts";
import { findQuery, savedRequest } from "./run-query.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ amount: z.number(), country: z.string() }) });
const view = defineEvent({ type: "page.viewed", data: z.object({ country: z.string() }) });
const orders = defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country"] });
const views = defineMetric({ name: "views", event: view, measure: count() });
const revenue = defineMetric({ name: "revenue", event: order, measure: sum("amount") });
const rate = defineRatio({ name: "rate", numerator: orders, denominator: views });

const range = { range: "30d" } as const;
const daily = { ...range, grain: "day" } as const;
/** One of each kind, metrics and events named by what declares them. */
const ALL = [
  defineQuery({ name: "a", ask: "trend", metric: [orders, rate], ...daily, compare: "week" }),
  defineQuery({ name: "b", ask: "funnel", steps: [view, { event: order, where: { amount: { gte: 10 } } }], window: "1d", ...range }),
  defineQuery({ name: "c", ask: "retention", first: view, returning: order, period: "week", ...range }),
  defineQuery({ name: "d", ask: "lifecycle", period: "week", range: "last week" }),
  defineQuery({ name: "e", ask: "sessions", gap: "30m", from: "yesterday" }),
  defineQuery({ name: "f", ask: "paths", events: [view, order], length: 2, from: new Date(0), to: "1971" }),
  defineQuery({ name: "g", ask: "anomalies", metric: orders, ...daily, season: "week" }),
  defineQuery({ name: "h", ask: "changes", metric: orders, groupBy: ["country"], ...daily }),
  defineQuery({ name: "i", ask: "forecast", metric: revenue, horizon: 7, ...daily }),
  defineQuery({ name: "j", ask: "movers", metric: orders, groupBy: ["country"], ...range }),
  defineQuery({ name: "s", ask: "seasonality", metric: orders, grain: "day", ...range }),
  defineQuery({ name: "k", ask: "candles", event: order, price: "amount", by: "country", ...daily }),
  defineQuery({ name: "m", ask: "asOfJoin", event: order, fields: ["amount"], lookUp: view, lookUpFields: [], by: "country", ...range }),
  defineQuery({ name: "l", ask: "revisions", metric: "orders", filter: { country: "DE" }, ...daily }),
];
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order, view],
  metrics: [orders, views, revenue, rate],
  queries: ALL,
});

describe("defineQuery", () => {
  it("has each kind of question, all of plain values", async () => {
    expect(ALL.map(({ ask }) => ask)).toEqual(QUESTION_KINDS);
    for (const query of ALL) {
      expect(JSON.parse(JSON.stringify(query))).toEqual(query);
      expect([query.name, await queryProblem(project, query)]).toEqual([query.name, undefined]);
    }
    expect(ALL[1]?.request).toEqual({
      steps: ["page.viewed", { event: "order.placed", where: { amount: { gte: 10 } } }],
      window: "1d",
      range: "30d",
    });
  });

  it("compiles no dimension that the metric lacks, no unknown word, no lacking one", async () => {
    const wrong: readonly SavedQuery[] = [
      // @ts-expect-error the metric has "country"
      defineQuery({ name: "x", ask: "trend", metric: orders, groupBy: ["contry"], ...daily }),
      // @ts-expect-error a trend knows no "grian"
      defineQuery({ name: "x", ask: "trend", metric: orders, ...daily, grian: "day" }),
      // @ts-expect-error a trend wants a grain
      defineQuery({ name: "x", ask: "trend", metric: orders, ...range }),
      // @ts-expect-error there is no such question
      defineQuery({ name: "x", ask: "trand", metric: orders, ...daily }),
    ];
    expect(await queryProblem(project, wrong[0] as SavedQuery)).toContain('did you mean "country"?');
    expect(await queryProblem(project, wrong[3] as SavedQuery)).toContain('did you mean "trend"?');
  });
});

describe("queryProblem", () => {
  it.each([
    [defineQuery({ name: "x", ask: "trend", metric: "ordres", ...daily }), /no metric "ordres": did you mean "orders"/],
    [defineQuery({ name: "x", ask: "trend", metric: orders, range: "30d", grain: "fortnight" }), /fortnight/],
    [defineQuery({ name: "x", ask: "trend", metric: orders, range: "soon", grain: "day" }), /"range" is "soon"/],
    [defineQuery({ name: "x", ask: "trend", metric: orders, grain: "day" }), /no "from"/],
    [defineQuery({ name: "x", ask: "trend", metric: orders, from: "2026-02-30", grain: "day" }), /"from" is "2026-02-30"/],
    [defineQuery({ name: "x", ask: "trend", metric: orders, ...daily, timezone: "Mars/Olympus" }), /no time zone "Mars\/Olympus"/],
    [defineQuery({ name: "x", ask: "anomalies", metric: orders, range: "30d", grain: "week", season: "day" }), /no season of a day/],
    [defineQuery({ name: "x", ask: "forecast", metric: orders, horizon: 0, ...daily }), /"horizon" is 0/],
    [defineQuery({ name: "x", ask: "funnel", steps: [order], window: "1d", ...range }), /from 2 to 12 steps, not 1/],
    [defineQuery({ name: "x", ask: "movers", metric: rate, groupBy: ["country"], ...range } as never), /worked out from other metrics/],
    [defineQuery({ name: "x", ask: "candles", event: order, price: "country", ...daily }), /"country" of "order.placed" is no number/],
    [defineQuery({ name: "x", ask: "revisions", metric: orders, filter: { amount: "much" }, ...daily }), /"amount" must be a number/],
    [defineQuery({ name: "x", ask: "trend", metric: orders, filter: { "country') OR 1=1 --": "DE" }, ...daily }), /no field/],
  ] as const)("says what is wrong with %j", async (query, sentence) => {
    expect(await queryProblem(project, query)).toMatch(sentence);
  });

  it("leaves to the day it is asked what changes with the clock", async () => {
    const ahead = defineQuery({ name: "x", ask: "trend", metric: orders, from: "2199-01-01", grain: "minute" });
    const long = defineQuery({ name: "x", ask: "trend", metric: orders, from: "1971", grain: "second" });
    expect([await queryProblem(project, ahead), await queryProblem(project, long)]).toEqual([undefined, undefined]);
  });
});

describe("a saved query", () => {
  it("gives its range up for another one, whole", () => {
    const [query] = ALL;
    if (!query) throw new Error("There is one.");
    expect(savedRequest(query, { from: "2026-01-01" })).toMatchObject({ from: "2026-01-01", grain: "day", compare: "week" });
    expect(savedRequest(query, { from: "2026-01-01" })).not.toHaveProperty("range");
    expect(savedRequest(query, { asOf: 12 })).toMatchObject({ range: "30d", asOf: 12 });
  });

  it("is found by its name, or the nearest is named", () => {
    expect(findQuery(project, "c")).toBe(ALL[2]);
    expect(() =>
      findQuery({ ...project, queries: [defineQuery({ name: "daily", ask: "sessions", gap: "1h", ...range })] }, "dayly"),
    ).toThrow('There is no query "dayly": did you mean "daily"?');
  });
});
