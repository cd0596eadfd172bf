import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineEvent, defineProject } from "../../model/index.ts";
import type { EventSelector } from "../../queries/index.ts";
import { resolveSelector } from "../../queries/behaviour/event-selector.ts";
import { UsageError } from "../errors.ts";
import { parseEventSelector } from "./parse-event-selector.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), items: z.int(), country: z.string(), gift: z.boolean(), buyer: z.object({ age: z.int() }) }),
});
const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [order] });
const event = "order.placed";

describe("parseEventSelector", () => {
  it.each<[string, EventSelector]>([
    ["order.placed", event],
    [" order.placed ", event],
    ["order.placed where country = DE", { event, where: { country: "DE" } }],
    ["order.placed where country=DE", { event, where: { country: "DE" } }],
    ["order.placed where country != DE", { event, where: { country: { not: "DE" } } }],
    ["order.placed where country in (DE, AT,null)", { event, where: { country: ["DE", "AT", null] } }],
    ['order.placed where country not in ("and", "a \\"b\\"")', { event, where: { country: { not: ["and", 'a "b"'] } } }],
    ["order.placed where country = null", { event, where: { country: null } }],
    ['order.placed where country = "null"', { event, where: { country: "null" } }],
    ["order.placed where amount>=10 and amount < 20.5", { event, where: { amount: { gte: 10, lt: 20.5 } } }],
    ["order.placed where amount > -1 and amount <= 1e3", { event, where: { amount: { gt: -1, lte: 1_000 } } }],
    ["order.placed where amount = 10 and items = 3 and gift = true", { event, where: { amount: 10, items: 3, gift: true } }],
    ["order.placed where items >= 9007199254740993 and items != 4", { event, where: { items: { gte: "9007199254740993", not: 4 } } }],
    ["order.placed where items = three", { event, where: { items: "three" } }],
    ["order.placed where country = 49", { event, where: { country: "49" } }],
    ["order.placed where data.buyer.age >= 18", { event, where: { "data.buyer.age": { gte: 18 } } }],
    ["no.such where x = 1", { event: "no.such", where: { x: "1" } }],
    ["", ""],
  ])("reads %s", (text, selector) => {
    expect(parseEventSelector(project, text)).toEqual(selector);
  });

  it.each([
    ["order.placed when country = DE", '"when" where "where" should be'],
    ["order.placed where", "nothing where a field should be"],
    ["order.placed where country", "nothing where a sign such as = or >= should be"],
    ["order.placed where country is DE", "compares country with is: there are =, !=, >=, >, <=, < and in."],
    ["order.placed where country =", "nothing where a value should be"],
    ["order.placed where amount >= much", 'compares amount with "much", which is no number'],
    ["order.placed where country in DE", '"DE" where "(" should be'],
    ["order.placed where country in (DE", 'nothing where ")" should be'],
    ["order.placed where country = DE or gift = true", '"or" where "and" or the end should be'],
    ['order.placed where country = "DE', 'cannot be read from "DE on'],
    ['order.placed where country = "\\x"', "has a text that cannot be read"],
    ["order.placed where country = DE and country = AT", "names the field country twice"],
    ["order.placed where country = DE and country != AT", "names the field country twice"],
    ["order.placed where amount > 1 and amount > 2", "names the field amount twice"],
  ])("refuses %s in one sentence", (text, part) => {
    const reading = (): unknown => parseEventSelector(project, text);
    expect(reading).toThrow(UsageError);
    expect(reading).toThrow(part);
  });

  it.each([
    "country = DE",
    'country != "7 up"',
    "country in (DE, null)",
    "amount >= 10 and amount < 20",
    "amount < 20 and amount >= 10 and amount != 15",
    'country = "null"',
    "country = null",
    "gift = false and items not in (1, 2)",
  ])("reads %s as an answer writes it", (conditions) => {
    const text = `order.placed where ${conditions}`;
    expect(resolveSelector(project, parseEventSelector(project, text)).label).toBe(text);
  });
});
