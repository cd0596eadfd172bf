import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineEvent, defineTable, derive, enrichEvent, lookup, type EnrichInput, type EventDefinition } from "../../model/index.ts";
import { createEnrichers } from "./create-enrichers.ts";
import { LookupRows } from "./lookup-rows.ts";

const placed = defineEvent({ type: "order.placed", data: z.object({ amount: z.number(), customer: z.string().nullish() }) });
const customers = defineTable({ name: "customers", fields: z.object({ segment: z.string() }) });
const basket = derive({
  name: "basket",
  of: placed,
  fields: z.object({ size: z.string() }),
  value: ({ data }) => {
    if (data.amount === 13) throw new Error("unlucky");
    if (data.amount === 14) return undefined as never;
    return { size: data.amount > 100 ? "large" : "small" };
  },
});
const customer = lookup({ name: "customer", of: placed, table: customers, key: ({ data }) => data.customer });
const place = lookup({ name: "place", of: placed, table: customers, key: ({ subject }) => subject });

const input = (data: object, subject = ""): EnrichInput => ({
  id: "1",
  source: "/",
  type: "order.placed",
  subject,
  time: new Date(0),
  knownAt: new Date(0),
  data,
});

function run(event: EventDefinition, rows: LookupRows, data: object, subject?: string): { enrichment: unknown; misses: string[] } {
  const misses: string[] = [];
  const enrichers = createEnrichers([placed, event], { tables: new Map([["customers", rows]]), onMiss: (table) => misses.push(table) });
  expect([...enrichers.keys()]).toStrictEqual([event]);
  return { enrichment: enrichers.get(event)?.(input(data, subject)), misses };
}

describe("createEnrichers", () => {
  const order = enrichEvent(placed, [basket]) as EventDefinition;
  const joined = enrichEvent(placed, [basket, customer, place]) as EventDefinition;

  it("derives fields from the event", () => {
    expect(run(order, new LookupRows(), { amount: 101 })).toStrictEqual({
      enrichment: { json: '{"basket":{"size":"large"}}' },
      misses: [],
    });
  });

  it.each([13, 14])("says which enricher failed, for that event alone (%d)", (amount) => {
    expect(run(order, new LookupRows(), { amount }).enrichment).toStrictEqual({ failed: "basket" });
  });

  it("joins rows, with the table's revision; a key that is missing gives null and is counted", () => {
    const rows = new LookupRows();
    rows.apply("c1", '{"segment":"gold"}', 4);
    expect(run(joined, rows, { amount: 1, customer: "c1" }, "nobody")).toStrictEqual({
      enrichment: { json: '{"basket":{"size":"small"},"customer":{"segment":"gold"},"place":null,"_revisions":{"customer":4,"place":4}}' },
      misses: ["customers"],
    });
    rows.apply("c1", undefined, 5);
    expect(run(joined, rows, { amount: 1, customer: "c1" }, "c1").misses).toHaveLength(2);
    expect([rows.size, rows.revision]).toStrictEqual([0, 5]);
    expect(run(joined, rows, { amount: 1, customer: null }).misses).toHaveLength(2);
  });

  it("does not start without a table", () => {
    expect(() => createEnrichers([joined], { tables: new Map(), onMiss: () => {} })).toThrow(
      'Enricher "customer" looks up the table "customers", which is not loaded.',
    );
  });
});
