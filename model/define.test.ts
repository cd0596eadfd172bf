import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  avg,
  count,
  defineEvent,
  defineFeatures,
  defineMetric,
  defineProject,
  first,
  last,
  max,
  min,
  quantiles,
  sum,
  uniq,
} from "./index.ts";
import type { AddedMeasure, CountMeasure, FieldOf, Metric, NumericFieldOf } from "./index.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({
    orderId: z.string(),
    amount: z.number(),
    pieces: z.int(),
    cents: z.bigint(),
    paid: z.boolean(),
    coupon: z.string().optional(),
    discount: z.number().nullish(),
    channel: z.enum(["web", "shop"]),
    tier: z.literal(["gold", "silver"]),
    kind: z.union([z.literal("new"), z.literal("used")]),
    address: z.object({ country: z.string(), geo: z.object({ lat: z.number() }).optional() }),
    items: z.array(z.object({ price: z.number() })),
    tags: z.record(z.string(), z.string()),
    id: z.number(),
  }),
});
type Order = typeof order;

describe("what compiles", () => {
  it("names every scalar field of an event, nested and optional ones too, and no other", () => {
    expectTypeOf<
      | "id"
      | "source"
      | "subject"
      | "orderId"
      | "amount"
      | "coupon"
      | "discount"
      | "channel"
      | "tier"
      | "kind"
      | "address.country"
      | "address.geo.lat"
      | "data.amount"
      | "data.address.country"
      | "data.id"
    >().toExtend<FieldOf<Order>>();
    expectTypeOf<"items">().not.toExtend<FieldOf<Order>>();
    expectTypeOf<"items.price">().not.toExtend<FieldOf<Order>>();
    expectTypeOf<"address">().not.toExtend<FieldOf<Order>>();
    expectTypeOf<"address.geo">().not.toExtend<FieldOf<Order>>();
    expectTypeOf<"type">().not.toExtend<FieldOf<Order>>();
    expectTypeOf<"time">().not.toExtend<FieldOf<Order>>();
  });

  it("knows which fields are numbers", () => {
    expectTypeOf<NumericFieldOf<Order>>().toEqualTypeOf<
      | "amount"
      | "pieces"
      | "cents"
      | "discount"
      | "address.geo.lat"
      | "data.amount"
      | "data.pieces"
      | "data.cents"
      | "data.discount"
      | "data.address.geo.lat"
      | "data.id"
    >();
  });

  it("keeps names and dimensions in the metric's type", () => {
    const metric = defineMetric({ name: "revenue", event: order, measure: sum("amount"), dimensions: ["address.country", "channel"] });
    expectTypeOf(metric).toEqualTypeOf<Metric<"revenue", "address.country" | "channel", AddedMeasure<"amount">, Order>>();
    expect(metric).toMatchObject({ grain: "1 minute", dimensions: ["address.country", "channel"] });
    expectTypeOf(defineMetric({ name: "orders", event: order, measure: count() })).toEqualTypeOf<
      Metric<"orders", never, CountMeasure, Order>
    >();
  });

  it("accepts each measure on a field it can measure", () => {
    const measures = [
      defineMetric({ name: "a", event: order, measure: count() }),
      defineMetric({ name: "b", event: order, measure: sum("data.amount", { decimals: 2 }) }),
      defineMetric({ name: "c", event: order, measure: avg("discount") }),
      defineMetric({ name: "d", event: order, measure: min("address.geo.lat") }),
      defineMetric({ name: "e", event: order, measure: max("pieces") }),
      defineMetric({ name: "f", event: order, measure: uniq("subject", { exact: true }) }),
      defineMetric({ name: "g", event: order, measure: quantiles("amount", [0.5, 0.99]) }),
      defineMetric({ name: "h", event: order, measure: first("coupon") }),
      defineMetric({ name: "i", event: order, measure: last("tier") }),
    ].map((metric) => metric.measure);
    expect(measures).toStrictEqual([
      { kind: "count" },
      { kind: "sum", field: "data.amount", decimals: 2 },
      { kind: "avg", field: "discount", decimals: 6 },
      { kind: "min", field: "address.geo.lat" },
      { kind: "max", field: "pieces" },
      { kind: "uniq", field: "subject", exact: true },
      { kind: "quantiles", field: "amount", levels: [0.5, 0.99], accuracy: 0.01 },
      { kind: "first", field: "coupon" },
      { kind: "last", field: "tier" },
    ]);
  });

  it("refuses what an event does not have", () => {
    // @ts-expect-error the event has no such field
    defineMetric({ name: "a", event: order, measure: sum("price") });
    // @ts-expect-error a text has no sum
    defineMetric({ name: "b", event: order, measure: sum("orderId") });
    // @ts-expect-error an enumeration is text
    defineMetric({ name: "c", event: order, measure: avg("channel") });
    // @ts-expect-error a truth value has no quantiles
    defineMetric({ name: "d", event: order, measure: quantiles("paid", [0.5]) });
    // @ts-expect-error arrays are not entered
    defineMetric({ name: "e", event: order, measure: max("items.price") });
    // @ts-expect-error an object is no value
    defineMetric({ name: "f", event: order, measure: uniq("address") });
    // @ts-expect-error no such dimension
    defineMetric({ name: "g", event: order, measure: count(), dimensions: ["country"] });
    // @ts-expect-error event time is no field
    defineMetric({ name: "h", event: order, measure: first("time") });
    // @ts-expect-error "id" alone is the event's own id, which is text; "data.id" is the number
    defineMetric({ name: "i", event: order, measure: sum("id") });
    // @ts-expect-error count takes no field
    expect(count("amount")).toStrictEqual({ kind: "count" });
  });

  it("refuses misspelt options", () => {
    // @ts-expect-error dimension for dimensions
    defineMetric({ name: "a", event: order, measure: count(), dimension: ["channel"] });
    // @ts-expect-error data must be an object
    defineEvent({ type: "a", data: z.string() });
    // @ts-expect-error a feature set needs an entity
    defineFeatures({ name: "a", features: {} });
    // @ts-expect-error a limit that does not exist
    expect(defineProject({ name: "a", streams: [], events: [], limits: { rows: 1 } }).limits).toHaveProperty("rows");
  });
});

describe("defaults", () => {
  it("gives an event version 1 and no upcasts", () => {
    expect(defineEvent({ type: "a", data: z.object({}) })).toMatchObject({ version: 1, upcast: {} });
  });

  it("fills in a project, and single limits", () => {
    expect(defineProject({ name: "a", streams: [], events: [], limits: { batchRows: 10 } })).toStrictEqual({
      name: "a",
      dashboards: [],
      streams: [],
      events: [],
      metrics: [],
      derived: [],
      features: [],
      queries: [],
      unknownEvents: "accept",
      lateness: "1h",
      timezone: "UTC",
      limits: {
        batchRows: 10,
        batchBytes: 33_554_432,
        batchAge: "1s",
        maxPayload: 1_048_576,
        maxDepth: 100,
        readAhead: 16_777_216,
        lease: "10s",
        drain: "25s",
        stalled: "60s",
      },
    });
  });
});
