import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { JsonTape } from "../json/json-tape.ts";
import { schemaCheck } from "./schema-check.ts";

const tape = new JsonTape();
function surely(schema: z.ZodType, text: string): boolean | undefined {
  expect(tape.read(Buffer.from(text), 100)).toBeUndefined();
  return schemaCheck(schema)?.(tape, 0);
}

const leaf: fc.Arbitrary<z.ZodType> = fc.constantFrom<z.ZodType>(
  z.string(),
  z.string().min(2),
  z.string().max(3),
  z.string().length(2),
  z.string().min(1).max(2),
  z.number(),
  z.number().min(0),
  z.number().positive().max(10.5),
  z.number().lt(3),
  z.int(),
  z.number().int().nonnegative(),
  z.boolean(),
  z.enum(["a", "bb", "é"]),
  z.literal("a"),
  z.literal(["a", "bb"]),
  // These only zod can check.
  z.email(),
  z.string().trim(),
  z.number().multipleOf(2),
  z.literal(7),
  z.string().refine((text) => text !== "a"),
  z.array(z.string()),
  z.union([z.string(), z.number()]),
  z.string().default("x"),
  z.coerce.number(),
);
const member = fc
  .tuple(leaf, fc.constantFrom("", "optional", "nullable", "nullish"))
  .map(([schema, wrap]) =>
    wrap === "optional" ? schema.optional() : wrap === "nullable" ? schema.nullable() : wrap === "nullish" ? schema.nullish() : schema,
  );
const objectOf = (inner: fc.Arbitrary<z.ZodType>): fc.Arbitrary<z.ZodType> =>
  fc
    .tuple(fc.record({ a: inner, b: inner, c: inner }, { requiredKeys: [] }), fc.constantFrom("", "", "", "strict", "loose"))
    .map(([shape, kind]) => (kind === "strict" ? z.strictObject(shape) : kind === "loose" ? z.looseObject(shape) : z.object(shape)));
const schemas = objectOf(fc.oneof({ weight: 4, arbitrary: member }, { weight: 1, arbitrary: objectOf(member) }));

const values = fc.constantFrom(
  '"a"',
  '"bb"',
  '"ccc"',
  '"é"',
  '"\\u0061"',
  '""',
  '"😀"',
  "0",
  "1",
  "-1",
  "1.5",
  "2.0",
  "11",
  "9007199254740992",
  "1e999",
  "1e5",
  "-0",
  "true",
  "false",
  "null",
  "[]",
  "{}",
  '{"a":1}',
  '{"a":"bb","b":null}',
);
const documents = fc
  .uniqueArray(fc.tuple(fc.constantFrom('"a"', '"b"', '"c"', '"d"', '"\\u0061"'), values), { selector: ([key]) => key, maxLength: 4 })
  .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`);

describe("schemaCheck", () => {
  it("never says yes where zod says no", () => {
    let yes = 0;
    fc.assert(
      fc.property(schemas, documents, (schema, text) => {
        if (surely(schema, text) !== true) return;
        yes += 1;
        expect(schema.safeParse(JSON.parse(text)).success).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    // And often enough to be worth it.
    expect(yes).toBeGreaterThan(50);
  });

  it("says yes to an ordinary event", () => {
    const order = z.object({
      id: z.string(),
      amount: z.number().nonnegative(),
      items: z.int(),
      currency: z.string().length(3),
      paid: z.boolean(),
      status: z.enum(["open", "paid"]),
      note: z.string().optional(),
      address: z.object({ city: z.string().min(1) }).nullable(),
    });
    const text = JSON.stringify({
      id: "1",
      amount: 19.99,
      items: 2,
      currency: "EUR",
      paid: true,
      status: "paid",
      address: { city: "Köln" },
      extra: [1],
    });
    // "Köln" is longer in bytes than in characters, which its bound does not mind.
    expect(surely(order, text.replace("Köln", "Koeln"))).toBe(true);
    expect(surely(order, text)).toBe(false);
    expect(surely(order, text.replace('{"city":"Köln"}', "null"))).toBe(true);
  });

  it("leaves to zod what it cannot check", () => {
    for (const schema of [
      z.strictObject({}),
      z.looseObject({}),
      z.object({ a: z.email() }),
      z.object({ a: z.array(z.string()) }),
      z.object({}).refine(() => true),
    ]) {
      expect(schemaCheck(schema)).toBeUndefined();
    }
  });
});
