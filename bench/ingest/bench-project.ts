import { z } from "zod";
import {
  count,
  defineEvent,
  defineMetric,
  defineProject,
  derive,
  enrichEvent,
  sum,
  type CloudEvent,
  type Project,
  type EventDefinition,
} from "../../model/index.ts";

const placed = defineEvent({
  type: "order.placed",
  data: z.object({ order: z.int(), amount: z.number(), country: z.string(), page: z.string() }),
});

const basket = derive({
  name: "basket",
  of: placed,
  fields: z.object({ size: z.enum(["small", "large"]) }),
  value: ({ data }) => ({ size: data.amount > 50 ? "large" : "small" }),
});
/** The stream of the benchmark. */
export const BENCH_STREAM = "BENCH";

/** One declared event and two metrics, so that validation and two materialized views are part of what is measured. */
function projectOn(order: EventDefinition<"order.placed", (typeof placed)["data"]>): Project {
  return defineProject({
    name: "bench",
    streams: [{ name: BENCH_STREAM, subjects: ["bench.>"], duplicateWindow: "1s" }],
    events: [order],
    metrics: [
      defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country"] }),
      defineMetric({ name: "revenue", event: order, measure: sum("amount"), dimensions: ["country"] }),
    ],
  });
}

/** The project measured, without and with a derived field. */
export const benchProject = projectOn(placed);
export const derivingProject = projectOn(enrichEvent(placed, [basket]));

const COUNTRIES = ["DE", "FR", "NL", "PL", "ES"];

/** Bytes of an event's payload unless said otherwise. */
export const EVENT_BYTES = 220;

/** Event number `n`, up to 999,999,999: so many bytes of structured CloudEvents JSON, whatever `n`. */
export function benchEvent(n: number, bytes = EVENT_BYTES): CloudEvent {
  const event = {
    specversion: "1.0" as const,
    id: `order-${String(n).padStart(9, "0")}`,
    source: "bench",
    type: "order.placed",
    subject: `user-${n % 5_000}`,
    time: new Date(1_790_000_000_000 + n).toISOString(),
    data: { order: n, amount: (n % 10_000) / 100, country: COUNTRIES[n % COUNTRIES.length] ?? "DE", page: "/" },
  };
  event.data.page = "/".padEnd(1 + bytes - JSON.stringify(event).length, "checkout-");
  return event;
}
