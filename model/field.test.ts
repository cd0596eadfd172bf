import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineEvent, resolveField, scalarFields } from "./index.ts";

const fieldsOf = (data: z.ZodObject): Record<string, string> =>
  Object.fromEntries(
    scalarFields(defineEvent({ type: "a", data })).map(({ path, type, nullable }) => [path.join("."), nullable ? `${type}?` : type]),
  );

describe("fields read from a zod schema", () => {
  it.each([
    ["number", z.number(), "number"],
    ["constrained number", z.number().min(0).max(5).multipleOf(0.5), "number"],
    ["int", z.int(), "integer"],
    ["number().int()", z.number().int(), "integer"],
    ["number().nonnegative().int().max()", z.number().nonnegative().int().max(9), "integer"],
    ["int32", z.int32(), "integer"],
    ["uint32", z.uint32(), "integer"],
    ["float64", z.float64(), "number"],
    ["float32", z.float32(), "number"],
    ["bigint", z.bigint(), "integer"],
    ["coerced bigint", z.coerce.bigint(), "integer"],
    ["boolean", z.boolean(), "boolean"],
    ["string", z.string(), "string"],
    ["branded string", z.string().brand<"Id">(), "string"],
    ["uuid", z.uuid(), "string"],
    ["iso datetime", z.iso.datetime(), "string"],
    ["refined", z.string().refine((text) => text !== ""), "string"],
    ["enum", z.enum(["a", "b"]), "string"],
    ["template", z.templateLiteral(["a-", z.number()]), "string"],
    ["literal text", z.literal("a"), "string"],
    ["literal texts", z.literal(["a", "b"]), "string"],
    ["literal truth", z.literal(true), "boolean"],
    ["literal whole number", z.literal([1, 2]), "integer"],
    ["literal fraction", z.literal([1, 2.5]), "number"],
  ])("%s", (_name, schema, expected) => {
    expect(fieldsOf(z.object({ field: schema }))).toStrictEqual({ field: expected });
  });

  it.each([
    ["optional", z.number().optional()],
    ["nullable", z.number().nullable()],
    ["nullish", z.number().nullish()],
    ["default", z.number().default(1)],
    ["optional default", z.number().optional().default(1)],
    ["readonly optional", z.number().optional().readonly()],
  ])("%s may be lacking", (_name, schema) => {
    expect(fieldsOf(z.object({ field: schema }))).toStrictEqual({ field: "number?" });
  });

  it("a partial object may lack every field", () => {
    expect(fieldsOf(z.object({ a: z.number(), b: z.string() }).partial())).toStrictEqual({ a: "number?", b: "string?" });
  });

  it("enters objects, and passes on that they may be lacking", () => {
    const data = z.object({
      a: z.object({ b: z.string(), c: z.object({ d: z.int() }).optional() }),
      e: z.strictObject({ f: z.boolean() }),
    });
    expect(fieldsOf(data)).toStrictEqual({ "a.b": "string", "a.c.d": "integer?", "e.f": "boolean" });
  });

  it("enters no arrays, records, tuples or mixed values", () => {
    const data = z.object({
      array: z.array(z.number()),
      objects: z.array(z.object({ price: z.number() })),
      record: z.record(z.string(), z.number()),
      tuple: z.tuple([z.number()]),
      mixed: z.literal(["a", 1]),
      anything: z.unknown(),
    });
    expect(fieldsOf(data)).toStrictEqual({});
  });
});

describe("field references", () => {
  const event = defineEvent({
    type: "order.placed",
    data: z.object({
      amount: z.number(),
      subject: z.int().optional(),
      data: z.object({ nested: z.string(), amount: z.int() }),
      address: z.object({ country: z.string() }),
    }),
  });

  it.each([
    ["amount", { column: "data", path: ["amount"], type: "number", nullable: false }],
    ["data.amount", { column: "data", path: ["amount"], type: "number", nullable: false }],
    ["address.country", { column: "data", path: ["address", "country"], type: "string", nullable: false }],
    ["data.address.country", { column: "data", path: ["address", "country"], type: "string", nullable: false }],
    ["subject", { column: "subject", path: [], type: "string", nullable: false }],
    ["data.subject", { column: "data", path: ["subject"], type: "integer", nullable: true }],
    ["id", { column: "id", path: [], type: "string", nullable: false }],
    ["source", { column: "source", path: [], type: "string", nullable: false }],
    // A member that is itself called "data": the short form is free unless it means another field.
    ["data.nested", { column: "data", path: ["data", "nested"], type: "string", nullable: false }],
    ["data.data.amount", { column: "data", path: ["data", "amount"], type: "integer", nullable: false }],
  ])("%s", (ref, expected) => {
    expect(resolveField(event, ref)).toStrictEqual({ ref, ...expected });
  });

  it("names the fields there are where a reference is none", () => {
    expect(resolveField(event, "prize")).toStrictEqual({
      problem:
        'event "order.placed" has no scalar field "prize" (it has: id, source, subject, amount, data.subject, data.nested, data.amount, address.country)',
    });
  });

  it.each(["", "data", "data.", "address", "address.", ".amount", "amount.", "time", "type", "__proto__", "constructor", "data.id"])(
    "%j is no field",
    (ref) => {
      expect(resolveField(event, ref)).toHaveProperty("problem");
    },
  );
});
