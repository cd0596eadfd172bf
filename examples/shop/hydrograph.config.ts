import {
  avg,
  calendar,
  count,
  defineDashboard,
  defineEvent,
  defineFeatures,
  defineMetric,
  defineProject,
  defineQuery,
  defineRatio,
  last,
  max,
  over,
  quantiles,
  ratio,
  sum,
  uniq,
} from "hydrograph";
import { z } from "zod";

const country = z.string().length(2);
const currency = z.string().length(3);
const amount = z.number().nonnegative();
const payment = z.object({
  orderId: z.string(),
  method: z.enum(["card", "paypal", "bank_transfer"]),
  amount,
  attempt: z.int().positive(),
  country,
  currency,
});

const pageViewed = defineEvent({
  type: "page.viewed",
  data: z.object({ page: z.string(), device: z.string(), country }),
});

const itemAdded = defineEvent({
  type: "cart.item_added",
  data: z.object({ sku: z.string(), category: z.string(), quantity: z.int().positive(), price: amount, country, currency }),
});

const orderPlaced = defineEvent({
  type: "order.placed",
  description: "Version 1 came from apps sold in the US only and named no currency.",
  version: 2,
  data: z.object({ orderId: z.string(), amount, items: z.int().positive(), country, currency, device: z.string() }),
  upcast: { 1: (v1) => ({ ...v1, currency: "USD" }) },
});

const paymentSucceeded = defineEvent({ type: "payment.succeeded", data: payment });
const paymentFailed = defineEvent({ type: "payment.failed", data: payment.extend({ reason: z.string() }) });
const paymentRetried = defineEvent({ type: "payment.retried", data: payment });
const switchedToCash = defineEvent({
  type: "payment.switched_to_cash_on_delivery",
  data: z.object({ orderId: z.string(), amount, attempts: z.int(), country, currency }),
});

const pageViews = defineMetric({
  name: "page_views",
  event: pageViewed,
  measure: count(),
  dimensions: ["country", "device", "page"],
  // With so many groups a row of a minute holds hardly more than one event: trends and dashboards over days read rows of hours.
  coarser: ["1 hour"],
});
const visitors = defineMetric({
  name: "visitors",
  event: pageViewed,
  measure: uniq("subject"),
  dimensions: ["country", "device"],
  unit: "people",
});
const itemsAdded = defineMetric({
  name: "items_added",
  event: itemAdded,
  measure: sum("quantity"),
  dimensions: ["category", "country"],
  unit: "items",
});

const orders = defineMetric({ name: "orders", event: orderPlaced, measure: count(), dimensions: ["country", "currency", "device"] });
const revenue = defineMetric({
  name: "revenue",
  description: "Order amounts, each in its own currency: group or filter by currency.",
  event: orderPlaced,
  measure: sum("amount", { decimals: 2 }),
  dimensions: ["country", "currency"],
});
const orderValue = defineMetric({
  name: "order_value",
  event: orderPlaced,
  measure: quantiles("amount", [0.5, 0.9, 0.99]),
  dimensions: ["country", "currency"],
  coarser: ["1 hour"],
});
const averageOrder = defineMetric({
  name: "average_order",
  event: orderPlaced,
  measure: avg("amount", { decimals: 2 }),
  dimensions: ["country", "currency"],
});
const largestOrder = defineMetric({
  name: "largest_order",
  event: orderPlaced,
  measure: max("amount"),
  dimensions: ["country", "currency"],
});
const lastOrder = defineMetric({
  name: "last_order",
  event: orderPlaced,
  measure: last("amount"),
  dimensions: ["country", "currency"],
  coarser: ["1 hour"],
});

const conversion = defineRatio({
  name: "conversion",
  description: "Orders in percent of the visitors.",
  numerator: orders,
  denominator: visitors,
  scale: 100,
  unit: "%",
});

const payments = defineMetric({
  name: "payments",
  event: paymentSucceeded,
  measure: count(),
  dimensions: ["method", "country", "attempt"],
});
const failedPayments = defineMetric({
  name: "failed_payments",
  event: paymentFailed,
  measure: count(),
  dimensions: ["method", "reason", "country"],
});
const retriedPayments = defineMetric({
  name: "retried_payments",
  event: paymentRetried,
  measure: count(),
  dimensions: ["method", "country"],
});
const cashOnDelivery = defineMetric({
  name: "cash_on_delivery",
  description: "Orders whose payments failed until the buyer chose to pay at the door.",
  event: switchedToCash,
  measure: count(),
  dimensions: ["country"],
});

const buyer = defineFeatures({
  name: "buyer",
  description: "What the shop knew about a buyer at a moment, for models of conversion, fraud or return.",
  entity: "subject",
  features: {
    views_1h: { metric: pageViews, window: "1h" },
    views_7d: { metric: pageViews, window: "7d" },
    items_1d: { metric: itemsAdded, window: "1d" },
    orders_30d: { metric: orders, window: "30d" },
    spend_30d: { metric: revenue, window: "30d" },
    average_order_30d: { metric: averageOrder, window: "30d" },
    largest_order_30d: { metric: largestOrder, window: "30d" },
    last_order_30d: { metric: lastOrder, window: "30d" },
    failed_payments_1d: { metric: failedPayments, window: "1d" },
    failed_payments_30d_served_1h_late: { metric: failedPayments, window: "30d", delay: "1h" },
  },
});

const market = defineFeatures({
  name: "market",
  description:
    "How business goes in a country at a moment, for models of what becomes of an order placed there: train.ts and train.py fit one.",
  entity: "country",
  features: {
    orders_6h: over(orders, { window: "6h", lag: ["0s", "7d"] }),
    paid: over(payments, { window: ["1h", "6h"] }),
    failed: over(failedPayments, { window: ["1h", "6h"] }),
    rush: ratio("orders_6h", "orders_6h_7d_ago"),
    failures_1h: ratio("failed_1h", "paid_1h"),
    failures_6h: ratio("failed_6h", "paid_6h"),
    clock: calendar(["hour_of_day", "day_of_week"], "UTC"),
  },
});

export default defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [pageViewed, itemAdded, orderPlaced, paymentSucceeded, paymentFailed, paymentRetried, switchedToCash],
  metrics: [
    pageViews,
    visitors,
    itemsAdded,
    orders,
    revenue,
    orderValue,
    averageOrder,
    largestOrder,
    lastOrder,
    payments,
    failedPayments,
    retriedPayments,
    cashOnDelivery,
    conversion,
  ],
  features: [buyer, market],
  queries: [
    defineQuery({
      name: "orders_by_country",
      description: "Orders of the last 30 days, beside the weeks before.",
      ask: "trend",
      metric: orders,
      groupBy: ["country"],
      top: 5,
      range: "30d",
      grain: "day",
      compare: "week",
    }),
    defineQuery({
      name: "checkout",
      description: "How many visitors buy within a day, and where they stop.",
      ask: "funnel",
      steps: [pageViewed, itemAdded, orderPlaced, paymentSucceeded],
      window: "1d",
      range: "30d",
    }),
    defineQuery({ name: "odd_hours", ask: "anomalies", metric: orders, range: "7d", grain: "hour", season: "auto" }),
  ],
  dashboards: [
    defineDashboard({
      name: "sales",
      title: "sales",
      description: "What is bought, by whom, and what changed.",
      rows: [
        {
          title: "In this range",
          panels: [
            { show: "stat", metric: orders },
            { show: "stat", metric: revenue, title: "Revenue in EUR", filter: { currency: "EUR" } },
            { show: "stat", metric: conversion, bad: [2, 1] },
            { show: "stat", metric: cashOnDelivery },
          ],
        },
        {
          title: "Over time",
          panels: [
            { show: "trend", metric: orders, by: "country", top: 5 },
            { show: "trend", metric: conversion, by: "device" },
            { show: "top", metric: itemsAdded, by: "category" },
            { show: "movers", metric: orders, by: "country" },
            { show: "table", metric: failedPayments, by: "reason", width: 24 },
          ],
        },
        {
          title: "Buyers",
          panels: [
            { show: "funnel", title: "From view to payment", steps: [pageViewed, itemAdded, orderPlaced, paymentSucceeded], window: "1d" },
            { show: "retention", first: orderPlaced, period: "week" },
          ],
        },
      ],
    }),
  ],
  lateness: "3d", // apps that were offline report up to three days late
});
