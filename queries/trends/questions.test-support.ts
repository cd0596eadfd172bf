import * as fc from "fast-check";
import { z } from "zod";
import {
  avg,
  count,
  defineEvent,
  defineMetric,
  defineProject,
  defineRatio,
  first,
  last,
  max,
  min,
  quantiles,
  stddev,
  sum,
  uniq,
  variance,
  type Metric,
} from "../../model/index.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";

const orderData = z
  .object({ amount: z.number(), items: z.int(), country: z.string(), gift: z.boolean(), type: z.string(), rate: z.number() })
  .partial();
const order = defineEvent({ type: "order.placed", data: orderData });
const orderSeen = defineEvent({ type: "order.seen", data: orderData });
/** Dimensions of all metrics but one. */
export const dimensions = ["country", "gift", "items", "type", "rate", "source"] as const;
const orders = defineMetric({ name: "orders", event: order, measure: count(), dimensions, coarser: ["1 hour", "24 hours"] });
const revenue = defineMetric({ name: "revenue", event: order, measure: sum("amount", { decimals: 2 }), dimensions });
const buyers = defineMetric({ name: "buyers", event: order, measure: uniq("subject"), dimensions, coarser: ["30 minutes"] });
const seen = defineMetric({ name: "seen", event: orderSeen, measure: count(), dimensions, grain: "5 minutes" });
/** A metric of every measure. */
export const metrics: readonly Metric[] = [
  orders,
  revenue,
  buyers,
  seen,
  defineMetric({ name: "items_sold", event: order, measure: sum("items"), dimensions, grain: "15 minutes" }),
  defineMetric({ name: "basket", event: order, measure: avg("amount", { decimals: 2 }), dimensions }),
  defineMetric({ name: "deviation", event: order, measure: stddev("amount", { decimals: 2 }), dimensions }),
  defineMetric({ name: "variance", event: order, measure: variance("items"), dimensions, grain: "5 minutes", coarser: ["1 hour"] }),
  defineMetric({ name: "smallest", event: order, measure: min("amount"), dimensions }),
  defineMetric({ name: "largest", event: order, measure: max("items"), dimensions, grain: "1 hour" }),
  defineMetric({ name: "countries", event: order, measure: uniq("country", { exact: true }), dimensions: ["gift"] }),
  defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.1, 0.5, 0.99]), dimensions }),
  defineMetric({ name: "first_country", event: order, measure: first("country"), dimensions }),
  defineMetric({ name: "last_amount", event: order, measure: last("amount"), dimensions, grain: "10 seconds", coarser: ["1 hour"] }),
];

/** Ratios of them, also of two events. */
export const ratios = [
  defineRatio({ name: "value_per_order", numerator: revenue, denominator: orders, unit: "EUR" }),
  defineRatio({ name: "seen_per_buyer", numerator: seen, denominator: buyers, scale: 100 }),
];
export const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order, orderSeen],
  metrics: [...metrics, ...ratios],
});

const MINUTE = 60_000_000;
export const HOUR = 60 * MINUTE;
/** Around the changes of the clocks in Berlin (29 March 2026, 01:00 UTC) and on Lord Howe Island (4 April 2026, 15:00 UTC). */
const CENTRES = [Date.UTC(2026, 2, 29, 1) * 1_000, Date.UTC(2026, 3, 4, 15) * 1_000];

/** A moment near a change, often on the edge of a minute or an hour, or a microsecond off it. */
export const moment = fc
  .tuple(
    fc.constantFrom(...CENTRES),
    fc.integer({ min: -36 * HOUR, max: 36 * HOUR }),
    fc.constantFrom(1, 10_000_000, MINUTE, HOUR),
    fc.constantFrom(-1, 0, 0, 1),
  )
  .map(([centre, away, unit, off]) => Math.floor((centre + away) / unit) * unit + off);
const cents = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => value / 100);
const anyData = fc.record(
  {
    amount: fc.oneof({ weight: 8, arbitrary: cents }, fc.constantFrom<unknown>(0, null, "12", true)),
    items: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -5, max: 5 }) }, fc.constantFrom<unknown>(null, 1.5, "3", 2 ** 30)),
    country: fc.constantFrom<unknown>("DE", "AT", "", "Ü'\\", null, 7),
    gift: fc.constantFrom<unknown>(true, false, "yes"),
    type: fc.constantFrom("a", "b"),
    rate: fc.constantFrom<unknown>(0.5, -0, 0, 1, null),
  },
  { requiredKeys: [] },
);
/** An event: of sound and unsound fields, near a change of the clocks. */
export const event = fc.record({
  time: moment,
  data: anyData,
  type: fc.constantFrom("order.placed", "order.placed", "order.placed", "order.seen"),
  source: fc.constantFrom("web", "app"),
  subject: fc.integer({ min: 1, max: 30 }).map((user) => `user-${user}`),
});
/** An event of the log. */
export type AnyEvent = typeof event extends fc.Arbitrary<infer E> ? E : never;
/** An event with its place in the log. */
export type PlacedEvent = AnyEvent & { readonly seq: number };

const FIELD_TYPES: Readonly<Record<string, string>> = {
  amount: "number",
  country: "string",
  gift: "boolean",
  type: "string",
  rate: "number",
};

/** What an event counts as: values of another type than declared are as good as absent. */
export function toOracle({ time, data: fields, type, source, subject, seq }: PlacedEvent): OracleEvent {
  const kept = Object.entries(fields).filter(([name, value]) =>
    name === "items" ? Number.isInteger(value) : typeof value === FIELD_TYPES[name],
  );
  const place = { stream: "SHOP", epoch: 1, seq, idx: 0, known_at: time, id: String(seq) };
  return { ...place, time, type, source, subject, data: Object.fromEntries(kept) };
}
