import { z } from "zod";
import {
  avg,
  count,
  defineDashboard,
  defineEvent,
  defineFeatures,
  defineMetric,
  defineProject,
  defineRatio,
  first,
  last,
  latest,
  max,
  min,
  quantiles,
  sum,
  uniq,
  type Project,
} from "../model/index.ts";

const orderPlaced = defineEvent({
  type: "order.placed",
  data: z.object({
    amount: z.number(),
    items: z.int(),
    country: z.string().optional(),
    gift: z.boolean(),
    coupon: z.string(),
    series: z.string(),
  }),
});
const event = orderPlaced;

const orders = defineMetric({ name: "orders", event, measure: count(), dimensions: ["country", "gift"] });
const buyers = defineMetric({ name: "buyers", event, measure: uniq("subject"), dimensions: ["country"], coarser: ["1 hour"] });

/** A dashboard with a panel of every kind. */
const everyKind = defineDashboard({
  name: "every_kind",
  title: "every kind",
  rows: [
    {
      title: "Metrics",
      panels: [
        { show: "stat", metric: orders, filter: { gift: true }, title: "Gifts" },
        { show: "stat", metric: "orders_a_buyer", bad: [3, 2] },
        { show: "stat", metric: "last_coupon" },
        { show: "trend", metric: "basket", by: "country", top: 3, title: "Baskets of the largest" },
        { show: "trend", metric: "orders_a_buyer", by: "country", top: 20 },
        { show: "trend", metric: orders, filter: { country: ["C1", "C$2'"] }, title: "Orders of one" },
        { show: "trend", metric: "last_coupon", title: "Coupons" },
        { show: "top", metric: "largest", by: "items" },
        { show: "table", metric: "spread", by: "country", width: 24 },
        { show: "movers", metric: orders, by: "country", top: 20 },
      ],
    },
    {
      title: "Prices",
      panels: [{ show: "candles", event: orderPlaced, price: "amount", size: "items", by: "coupon", unit: "EUR", title: "Amounts" }],
    },
    {
      title: "Buyers",
      panels: [
        {
          show: "funnel",
          steps: [{ event: orderPlaced, where: { gift: true } }, "order.placed", { event: "order.placed", where: { amount: { gt: 500 } } }],
          window: "30d",
        },
        { show: "retention", first: { event: "order.placed", where: { gift: true } }, returning: orderPlaced, period: "week" },
      ],
    },
  ],
});

const buyerHabits = defineFeatures({
  name: "buyer_habits",
  entity: "subject",
  features: { orders_7d: { metric: orders, window: "7d" }, coupon: latest(orderPlaced, "coupon") },
});

/** A project with a metric of every measure; dimensions may be absent, no text, or named like a column of the answer. */
export function sampleProject(name: string): Project {
  return defineProject({
    name,
    streams: [{ name: "SHOP", subjects: ["shop.>"] }],
    events: [orderPlaced],
    timezone: "Europe/Berlin",
    lateness: "1h",
    dashboards: [everyKind],
    features: [buyerHabits],
    metrics: [
      orders,
      defineMetric({ name: "orders_by_series", event, measure: count(), dimensions: ["series"], grain: "5 minutes" }),
      defineMetric({
        name: "revenue",
        event,
        measure: sum("amount", { decimals: 2 }),
        dimensions: ["gift"],
        unit: "EUR",
        description: "What buyers pay.",
      }),
      defineMetric({ name: "all_revenue", event, measure: sum("amount", { decimals: 2 }), unit: "EUR" }),
      defineMetric({ name: "hourly_items", event, measure: sum("items"), grain: "1 hour", unit: "items" }),
      defineMetric({ name: "basket", event, measure: avg("amount"), dimensions: ["country"], coarser: ["1 hour"] }),
      defineMetric({ name: "smallest", event, measure: min("amount") }),
      defineMetric({ name: "largest", event, measure: max("amount"), dimensions: ["items"], coarser: ["24 hours"] }),
      buyers,
      defineMetric({
        name: "spread",
        event,
        measure: quantiles("amount", [0.5, 0.95]),
        dimensions: ["country"],
        coarser: ["30 minutes", "1 hour"],
      }),
      defineMetric({ name: "first_amount", event, measure: first("amount") }),
      defineRatio({ name: "orders_a_buyer", numerator: orders, denominator: buyers, unit: "orders" }),
      defineMetric({ name: "last_coupon", event, measure: last("coupon"), dimensions: ["country"] }),
    ],
  });
}
