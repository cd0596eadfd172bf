import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  DEFAULT_LIMITS,
  defineEvent,
  defineTable,
  derive,
  enrichEvent,
  lookup,
  type EventDefinition,
  type Enrichers,
} from "../../model/index.ts";
import { cloudEvent, logMessage } from "../batch/log-message.test-support.ts";
import { createDecoder } from "./decode-message.ts";
import { plain, type PlainEvent } from "./decoded.test-support.ts";
import type { Refusal } from "./outcome.ts";

const note = defineEvent({ type: "note", data: z.object({ n: z.unknown() }) });

/** Decodes an event whose enrichers give the JSON, or fail. */
function decoded(fields: z.ZodObject, given: string | { failed: string }, data: unknown = { n: 1 }): PlainEvent | Refusal {
  const definition = enrichEvent(note, [derive({ name: "own", of: note, fields, value: () => ({}) })]) as EventDefinition;
  const enrichers: Enrichers = new Map([[definition, () => (typeof given === "string" ? { json: `{"own":${given}}` } : given)]]);
  const decode = createDecoder({ events: [definition], unknownEvents: "accept", limits: DEFAULT_LIMITS }, enrichers);
  const [outcome] = decode(logMessage({ payload: cloudEvent("1", { data }) }));
  if (!outcome) throw new Error("No outcome.");
  return plain(outcome);
}

describe("an enriched event", () => {
  it("has what its enrichers gave", () => {
    expect(decoded(z.object({ size: z.string() }), '{"size":"large"}')).toMatchObject({
      data: '{"n":1}',
      enriched: '{"own":{"size":"large"}}',
    });
    expect(decoded(z.object({ size: z.array(z.string()) }), '{"size":["large"]}')).toMatchObject({
      enriched: '{"own":{"size":["large"]}}',
    });
  });

  it.each<[string, string | { failed: string }, string]>([
    ["an enricher throws", { failed: "own" }, 'enricher "own" failed'],
    ["it gives another type", '{"size":7}', 'enricher "own" gives what its fields do not take (invalid_type)'],
    ["it gives nothing", "null", 'enricher "own" gives what its fields do not take (invalid_type)'],
    ["it gives half a surrogate pair", '{"size":"\\ud800"}', "the enrichers' fields cannot be stored as JSON"],
    ["it gives a path twice", '{"size":"a","a.b":1,"a":{"b":1}}', "the enrichers' fields cannot be stored as JSON"],
  ])("is a dead letter if %s", (_name, given, detail) => {
    expect(decoded(z.object({ size: z.string() }), given)).toStrictEqual({ idx: 0, stage: "enrich", reason: "enrich-failed", detail });
  });

  it("is checked before it is enriched", () => {
    const strict = defineEvent({ type: "note", data: z.object({ n: z.number() }) });
    let runs = 0;
    const definition = enrichEvent(strict, [
      derive({ name: "own", of: strict, fields: z.object({}), value: () => ({}) }),
    ]) as EventDefinition;
    const count = (): { json: string } => {
      runs += 1;
      return { json: '{"own":{}}' };
    };
    const decode = createDecoder({ events: [definition], unknownEvents: "accept", limits: DEFAULT_LIMITS }, new Map([[definition, count]]));
    expect(decode(logMessage({ payload: cloudEvent("1", { data: { n: "x" } }) }))).toMatchObject([{ reason: "schema-mismatch" }]);
    expect(runs).toBe(0);
    expect(decode(logMessage({ payload: cloudEvent("1", { data: { n: 1 } }) }))).toHaveLength(1);
    expect(runs).toBe(1);
  });

  it("is not decoded without its enrichers: rows would lack fields in silence", () => {
    const definition = enrichEvent(note, [derive({ name: "own", of: note, fields: z.object({}), value: () => ({}) })]) as EventDefinition;
    expect(() => createDecoder({ events: [definition], unknownEvents: "accept", limits: DEFAULT_LIMITS })).toThrow(/createEnrichers/);
  });

  it("of a table that lacks the key is whole", () => {
    const table = defineTable({ name: "t", fields: z.object({ a: z.string() }) });
    const definition = enrichEvent(note, [lookup({ name: "own", of: note, table, key: () => "x" })]) as EventDefinition;
    const enrichers: Enrichers = new Map([[definition, () => ({ json: '{"own":null,"_revisions":{"own":7}}' })]]);
    const decode = createDecoder({ events: [definition], unknownEvents: "accept", limits: DEFAULT_LIMITS }, enrichers);
    expect(decode(logMessage({ payload: cloudEvent("1", { data: { n: 1 } }) })).map(plain)).toMatchObject([
      { enriched: '{"own":null,"_revisions":{"own":7}}' },
    ]);
  });
});
