import { z } from "zod";
import {
  avg,
  count,
  defineEvent,
  defineMetric,
  defineProject,
  first,
  last,
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

/** A project with a metric of every measure; dimensions may be absent, no text, or named like a column of the answer. */
export function sampleProject(name: string): Project {
  return defineProject({
    name,
    streams: [{ name: "SHOP", subjects: ["shop.>"] }],
    events: [orderPlaced],
    timezone: "Europe/Berlin",
    lateness: "1h",
    metrics: [
      defineMetric({ name: "orders", event, measure: count(), dimensions: ["country", "gift"] }),
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
      defineMetric({ name: "basket", event, measure: avg("amount"), dimensions: ["country"] }),
      defineMetric({ name: "smallest", event, measure: min("amount") }),
      defineMetric({ name: "largest", event, measure: max("amount"), dimensions: ["items"] }),
      defineMetric({ name: "buyers", event, measure: uniq("subject"), dimensions: ["country"] }),
      defineMetric({ name: "spread", event, measure: quantiles("amount", [0.5, 0.95]), dimensions: ["country"] }),
      defineMetric({ name: "first_amount", event, measure: first("amount") }),
      defineMetric({ name: "last_coupon", event, measure: last("coupon"), dimensions: ["country"] }),
    ],
  });
}
