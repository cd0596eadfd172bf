import { z } from "zod";
import { count, defineEvent, defineMetric, defineProject, sum, type CloudEvent } from "../../model/index.ts";

const orderPlaced = defineEvent({
  type: "order.placed",
  data: z.object({ order: z.int(), amount: z.number(), country: z.string(), page: z.string() }),
});

/** One declared event and two metrics, so that validation and two materialized views are part of what is measured. */
export const benchProject = defineProject({
  name: "bench",
  streams: [{ name: "BENCH", subjects: ["bench.>"], duplicateWindow: "1s" }],
  events: [orderPlaced],
  metrics: [
    defineMetric({ name: "orders", event: orderPlaced, measure: count(), dimensions: ["country"] }),
    defineMetric({ name: "revenue", event: orderPlaced, measure: sum("amount"), dimensions: ["country"] }),
  ],
});

const COUNTRIES = ["DE", "FR", "NL", "PL", "ES"];

/** Event number `n`: 220 bytes of structured CloudEvents JSON. */
export function benchEvent(n: number): CloudEvent {
  return {
    specversion: "1.0",
    id: `order-${String(n).padStart(9, "0")}`,
    source: "bench",
    type: "order.placed",
    subject: `user-${n % 5_000}`,
    time: new Date(1_790_000_000_000 + n).toISOString(),
    data: { order: n, amount: (n % 10_000) / 100, country: COUNTRIES[n % COUNTRIES.length] ?? "DE", page: "/checkout/done" },
  };
}
