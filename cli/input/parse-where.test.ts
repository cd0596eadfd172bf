import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineEvent } from "../../model/index.ts";
import { parseWhere } from "./parse-where.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), items: z.int(), gift: z.boolean(), country: z.string() }),
});

describe("parseWhere", () => {
  it.each([
    [undefined, {}],
    [["country=DE"], { country: { in: ["DE"] } }],
    [["country=DE", "country=null"], { country: { in: ["DE", null] } }],
    [["country!=DE", "country!=AT"], { country: { not: ["DE", "AT"] } }],
    [["amount>10", "amount<=100.5", "amount!=50"], { amount: { gt: 10, lte: 100.5, not: [50] } }],
    [["items>=2", "gift=true", "items<9007199254740993"], { items: { gte: 2, lt: "9007199254740993" }, gift: { in: [true] } }],
    // The first operator counts, so a value may hold others; commas are part of it.
    [["country=a>b=c, d"], { country: { in: ["a>b=c, d"] } }],
    [['country="null"', 'country="'], { country: { in: ["null", '"'] } }],
    // What does not fit its field is left to the query, which says so.
    [["gift=yes", "items=often", "colour=5"], { gift: { in: ["yes"] }, items: { in: ["often"] }, colour: { in: ["5"] } }],
  ])("reads %j", (texts, filter) => {
    expect(parseWhere(texts, [order])).toEqual(filter);
  });

  it.each([
    ["country", /^--where: "country" must be name=value/],
    ["=DE", /must be name=value/],
  ])("refuses %s", (text, sentence) => {
    expect(() => parseWhere([text], [order])).toThrow(sentence);
  });

  it("refuses two bounds of one kind", () => {
    expect(() => parseWhere(["amount>1", "amount>2"], [order])).toThrow('--where: "amount>2" is a second bound with > on that field.');
  });
});
