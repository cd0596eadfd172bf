import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  checkProject,
  count,
  defineEvent,
  defineMetric,
  defineProject,
  defineTable,
  derive,
  enrichEvent,
  lookup,
  lookupTables,
  resolveField,
  sum,
  type FieldOf,
  type NumericFieldOf,
  type Project,
} from "./index.ts";

const placed = defineEvent({ type: "order.placed", data: z.object({ amount: z.number(), customer: z.string().optional() }) });
const customers = defineTable({ name: "customers", fields: z.object({ segment: z.string(), limit: z.number().optional() }) });
const basket = derive({
  name: "basket",
  of: placed,
  fields: z.object({ size: z.enum(["small", "large"]), points: z.int() }),
  value: (event) => ({ size: event.data.amount > 100 ? "large" : "small", points: Math.floor(event.data.amount) }),
});
const customer = lookup({ name: "customer", of: placed, table: customers, key: (event) => event.data.customer });
const order = enrichEvent(placed, [basket, customer]);

const projectOf = (changes: Partial<Project> = {}): Project =>
  defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [order], ...changes });

describe("enriched events", () => {
  it("have their enrichers' fields, typed", () => {
    expectTypeOf<"enriched.basket.size" | "enriched.basket.points" | "enriched.customer.segment">().toExtend<FieldOf<typeof order>>();
    expectTypeOf<"enriched.basket.points" | "enriched.customer.limit" | "amount">().toExtend<NumericFieldOf<typeof order>>();
    expectTypeOf<"enriched.basket.size">().not.toExtend<NumericFieldOf<typeof order>>();
    expectTypeOf<"enriched.basket.colour">().not.toExtend<FieldOf<typeof order>>();
    expectTypeOf<"enriched.basket.size">().not.toExtend<FieldOf<typeof placed>>();
    defineMetric({ name: "points", event: order, measure: sum("enriched.basket.points"), dimensions: ["enriched.customer.segment"] });
    // @ts-expect-error -- no enricher gives it
    defineMetric({ name: "points", event: order, measure: sum("enriched.basket.colour") });
    // @ts-expect-error -- the event without enrichers lacks it
    defineMetric({ name: "points", event: placed, measure: count(), dimensions: ["enriched.basket.size"] });
    // @ts-expect-error -- the fields want a size
    derive({ name: "basket", of: placed, fields: z.object({ size: z.string() }), value: () => ({}) });
  });

  it("are resolved to the column `enriched`, where any event may lack them", () => {
    expect(resolveField(order, "enriched.basket.points")).toStrictEqual({
      ref: "enriched.basket.points",
      column: "enriched",
      path: ["basket", "points"],
      type: "integer",
      nullable: true,
    });
    expect(resolveField(order, "enriched.basket")).toStrictEqual({
      problem:
        'event "order.placed" has no scalar field "enriched.basket" (it has: id, source, subject, amount, customer, enriched.basket.size, enriched.basket.points, enriched.customer.segment, enriched.customer.limit)',
    });
    const own = defineEvent({ type: "a", data: z.object({ enriched: z.object({ basket: z.object({ size: z.string() }) }) }) });
    expect(resolveField(own, "enriched.basket.size")).toMatchObject({ column: "data", path: ["enriched", "basket", "size"] });
  });

  it("name the tables they look up, each once", () => {
    const again = lookup({ name: "payer", of: placed, table: customers, key: (event) => event.subject });
    expect(lookupTables([order, placed, enrichEvent(placed, [again])])).toStrictEqual([customers]);
  });

  it("are checked", () => {
    expect(checkProject(projectOf())).toStrictEqual([]);
    const twice = enrichEvent(placed, [basket, basket]);
    const badly = enrichEvent(placed, [
      derive({ name: "Basket", of: placed, fields: z.object({ at: z.date() }), value: () => ({ at: new Date() }) }),
    ]);
    expect(checkProject(projectOf({ events: [twice] }))).toStrictEqual([
      { path: "events[0].enrichers[1].name", rule: 'repeats the enricher "basket"' },
    ]);
    expect(checkProject(projectOf({ events: [badly] })).map(({ path }) => path)).toStrictEqual([
      "events[0].enrichers[0].name",
      "events[0].enrichers[0].fields.at",
    ]);
    const metric = defineMetric({ name: "orders", event: order, measure: count() });
    expect(checkProject(projectOf({ events: [placed], metrics: [metric] }))).toStrictEqual([
      { path: "metrics[0].event", rule: 'is not in the project\'s events: add "order.placed" to `events`' },
    ]);
  });
});
