import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { z } from "zod";
import {
  avg,
  count,
  defineEvent,
  defineFeatures,
  defineMetric,
  defineProject,
  derive,
  enrichEvent,
  last,
  max,
  sum,
} from "../../model/index.ts";
import { addEvents, build, eventAt, iso, MS, START, testBench, type TestBench } from "./training.test-support.ts";

interface Basket {
  readonly size: "large" | "small";
  readonly points: number;
}

/** What the enricher works out of an amount, and what this test expects the features to be made of. */
const basketOf = (amount: number): Basket => ({ size: amount >= 5 ? "large" : "small", points: Math.floor(amount * 2.5) });

const paid = defineEvent({ type: "paid", data: z.object({ amount: z.number() }) });
const basket = derive({
  name: "basket",
  of: paid,
  fields: z.object({ size: z.enum(["large", "small"]), points: z.int() }),
  value: ({ data }) => basketOf(data.amount),
});
const enriched = enrichEvent(paid, [basket]);
const points = defineMetric({ name: "points", event: enriched, measure: sum("enriched.basket.points") });
const mean = defineMetric({ name: "mean", event: enriched, measure: avg("enriched.basket.points") });
const most = defineMetric({ name: "most", event: enriched, measure: max("enriched.basket.points") });
const latest = defineMetric({ name: "latest", event: enriched, measure: last("enriched.basket.size") });
const payments = defineMetric({ name: "payments", event: enriched, measure: count() });

/** Of a buyer, and of all buyers of baskets of a size. */
const buyer = defineFeatures({
  name: "buyer",
  entity: "subject",
  features: {
    points_20ms: { metric: points, window: "20ms" },
    mean_20ms: { metric: mean, window: "20ms", delay: "3ms" },
    most_1d: { metric: most, window: "1d" },
    latest_20ms: { metric: latest, window: "20ms" },
  },
});
const size = defineFeatures({
  name: "size",
  entity: "enriched.basket.size",
  features: { count_20ms: { metric: payments, window: "20ms" }, points_20ms: { metric: points, window: "20ms" } },
});

const project = defineProject({
  name: "enriched_test",
  streams: [{ name: "S", subjects: ["s.>"] }],
  events: [enriched],
  metrics: [points, mean, most, latest, payments],
  features: [buyer, size],
});

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(
    bench.clickhouse,
    sales.map(({ amount, at, subject }, index) => ({
      ...eventAt(START + at * MS, { subject, data: { amount } }),
      // The first were stored before there was the enricher.
      enriched: index < BEFORE ? {} : { basket: basketOf(amount) },
    })),
  );
});
afterAll(() => bench.close());

const BEFORE = 10;
const sales = Array.from({ length: 200 }, (_, index) => ({
  at: (index * 37) % 100,
  subject: `b${(index * 7) % 5}`,
  amount: ((index * 7_919) % 1_000) / 100,
}));
const known = sales.slice(BEFORE);
const labels = Array.from({ length: 60 }, (_, index) => ({ entity: `b${index % 6}`, at: (index * 11) % 120 }));

/** Sales in [T − delay − window, T − delay), all in milliseconds, in the order in which they happened. */
function within(of: readonly (typeof sales)[number][], at: number, window: number, delay = 0): readonly (typeof sales)[number][] {
  return of.filter((sale) => sale.at >= at - delay - window && sale.at < at - delay).sort((one, other) => one.at - other.at);
}

function featuresOf(features: string, of: readonly { entity: string; at: number }[]): Promise<unknown[]> {
  const rows = of.map(({ at, entity }) => ({ entity, time: iso(START + at * MS) }));
  return build(bench, { features, spine: { rows } }, project);
}

const total = (of: readonly { readonly amount: number }[]): number | null =>
  of.length === 0 ? null : of.reduce((sum_, { amount }) => sum_ + basketOf(amount).points, 0);

test("features over a derived field are what a plain computation gives; an event without it counts as one that lacks the value", async () => {
  const rows = await featuresOf("buyer", labels);
  const expected = labels.map(({ at, entity }) => {
    const own = known.filter(({ subject }) => subject === entity);
    const [lately, late] = [within(own, at, 20), within(own, at, 20, 3)];
    const largest = within(own, at, 86_400_000).map(({ amount }) => basketOf(amount).points);
    const newest = lately.at(-1);
    return {
      entity,
      time: START / MS + at,
      points_20ms: total(lately),
      mean_20ms: late.length === 0 ? null : (total(late) ?? 0) / late.length,
      most_1d: largest.length === 0 ? null : Math.max(...largest),
      latest_20ms: newest ? basketOf(newest.amount).size : null,
    };
  });
  expect(rows).toEqual(expected);
  expect(expected.filter((row) => row.points_20ms !== null).length).toBeGreaterThan(20);
});

test("a derived field may be the entity", async () => {
  const spine = ["large", "small", "none"].flatMap((entity) => [30, 60, 90].map((at) => ({ entity, at })));
  const rows = await featuresOf("size", spine);
  const expected = spine.map(({ at, entity }) => {
    const own = within(
      known.filter(({ amount }) => basketOf(amount).size === entity),
      at,
      20,
    );
    return { entity, time: START / MS + at, count_20ms: own.length, points_20ms: total(own) };
  });
  expect(rows).toEqual(expected);
});
