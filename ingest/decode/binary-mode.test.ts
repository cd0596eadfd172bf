import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventMessage, type LogMessage, type OutgoingMessage } from "../../jetstream/index.ts";
import { defineProject, type CloudEvent } from "../../model/index.ts";
import { createDecoder } from "./decode-message.ts";
import { jsonText } from "../json/json.test-support.ts";
import { plain, type PlainEvent } from "./decoded.test-support.ts";
import type { Refusal } from "./outcome.ts";
import { locateData } from "./locate-data.ts";

const STORED_AT = Date.UTC(2026, 10, 27, 9, 30) * 1_000;
const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [] });
const decode = createDecoder(project);

/** A message as it is read from the stream. */
function stored({ contentType, headers = {}, messageId, payload, subject }: OutgoingMessage): LogMessage {
  const all = { "Nats-Msg-Id": messageId, "content-type": contentType, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const headerBytes = Buffer.from(`NATS/1.0\r\n${lines.join("")}\r\n`);
  return { seq: 1, storedAt: STORED_AT, subject, headerBytes, payload: Buffer.from(payload), pending: 0, deliverySeq: 1 };
}

/** What ingest makes of it. */
function decoded(message: OutgoingMessage): readonly (PlainEvent | Refusal)[] {
  return decode(stored(message)).map(plain);
}

const text = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }),
  fc.constantFrom("/shop", " a ", 'say "50 %"', "%41", "é😀", "a\r\nce-id: 2", "\0", "\ud800", "x".repeat(4_097)),
);
const attributes = fc.record(
  {
    subject: fc.oneof(text, fc.constantFrom("", null)),
    time: fc.constantFrom("2026-11-27T09:30:00.123456+01:00", "2026-11-27T09:30:00Z", "1969-01-01T00:00:00Z", "soon", null),
    recordedtime: fc.constantFrom("2026-11-01T00:00:00Z", "9999-01-01T00:00:00Z"),
    dataversion: fc.constantFrom(1, 2, "3", 0, 1.5, true, null),
    dataschema: fc.constantFrom("https://example.org/order/v2", "é/v3"),
    datacontenttype: fc.constantFrom("application/json", "application/json; charset=utf-8", "application/vnd.x+json", "text/plain"),
    traceparent: text,
    urgent: fc.boolean(),
    notAName: fc.constant("a"),
  },
  { requiredKeys: [] },
);

describe("an event in binary mode", () => {
  it("becomes the same row, or is refused for the same reason, as the same event as JSON", () => {
    fc.assert(
      fc.property(text, text, text, attributes, fc.option(jsonText, { nil: undefined }), (id, source, type, others, data) => {
        const head = JSON.stringify({ specversion: "1.0", id, source, type, ...others });
        const json = Buffer.from(data === undefined ? head : `${head.slice(0, -1)},"data":${data}}`);
        const event = JSON.parse(json.toString()) as CloudEvent;
        const { data: located } = locateData(json);
        const dataJson = located ? { dataJson: located } : {};
        const structured = decoded(eventMessage(project, event, { json }));
        expect(decoded(eventMessage(project, event, { mode: "binary", json, ...dataJson }))).toStrictEqual(structured);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is read from headers: the payload holds the data alone, to the last digit", () => {
    const event = { specversion: "1.0", id: 'a "1" %', source: "/é", type: "order.placed", subject: " u ", dataversion: 2 } as const;
    const message = eventMessage(project, event, { mode: "binary", dataJson: Buffer.from('{"n": 12345678901234567}') });
    expect(message.payload.toString()).toBe('{"n": 12345678901234567}');
    expect(decoded(message)).toMatchObject([
      { id: 'a "1" %', source: "/é", type: "order.placed", subject: " u ", version: 2, data: '{"n": 12345678901234567}' },
    ]);
  });
});
