import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { LogMessage } from "../../jetstream/index.ts";
import { DEFAULT_LIMITS, defineEvent, type EventDefinition, type Project } from "../../model/index.ts";
import { createDecoder } from "./decode-message.ts";
import { jsonText } from "../json/json.test-support.ts";
import { plain, type PlainEvent } from "./decoded.test-support.ts";
import { isRefusal, type Refusal } from "./outcome.ts";

const STORED_AT = Date.UTC(2026, 10, 27, 9, 30) * 1_000;
const order = defineEvent({
  type: "order.placed",
  version: 3,
  data: z.object({ amount: z.number(), currency: z.string(), note: z.string().optional() }),
  upcast: {
    1: (data) => ({ ...data, currency: "USD" }),
    2: (data) => {
      if (data["amount"] === 13) throw new Error("unlucky");
      if (data["amount"] === 14) return undefined as never;
      if (data["amount"] === 15) return [] as never;
      if (data["amount"] === 16) return { ...data, amount: 1n };
      if (data["amount"] === 17) return { ...data, toJSON: () => "text" };
      if (data["amount"] === 18) return { ...data, note: "\ud800" };
      if (data["amount"] === 19) return { ...data, "a.b": 1, a: { b: 1 } };
      return { ...data, amount: Number(data["amount"]) * 1 };
    },
  },
});
const fussy = defineEvent({
  type: "fussy",
  data: z.object({
    a: z.number().refine((value) => {
      if (value === 13) throw new Error("unlucky");
      return true;
    }),
  }),
});
const asynchronous = defineEvent({ type: "asynchronous", data: z.object({ a: z.number().refine(async () => Promise.resolve(true)) }) });

function decoder(
  changes: Partial<Pick<Project, "events" | "unknownEvents" | "limits">> = {},
): (message: LogMessage) => (PlainEvent | Refusal)[] {
  const decode = createDecoder({ events: [order, fussy, asynchronous], unknownEvents: "accept", limits: DEFAULT_LIMITS, ...changes });
  return (sent) => decode(sent).map(plain);
}

function message(payload: string | Buffer, headers?: Record<string, string> | Buffer): LogMessage {
  const lines = headers && !Buffer.isBuffer(headers) ? Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`) : [];
  const headerBytes = Buffer.isBuffer(headers) ? headers : headers && Buffer.from(`NATS/1.0\r\n${lines.join("")}\r\n`);
  return {
    seq: 7,
    storedAt: STORED_AT,
    subject: "shop.order",
    headerBytes,
    payload: Buffer.isBuffer(payload) ? payload : Buffer.from(payload),
    pending: 0,
    deliverySeq: 1,
  };
}

const attributes = { specversion: "1.0", id: "1", source: "/shop", type: "note" };
const dataText = (event: PlainEvent | Refusal | undefined): string => {
  if (!event || isRefusal(event)) throw new Error(`refused: ${JSON.stringify(event)}`);
  return event.data;
};
const decodeOne = (payload: string | Buffer, headers?: Record<string, string> | Buffer): PlainEvent | Refusal => {
  const outcomes = decoder()(message(payload, headers));
  expect(outcomes).toHaveLength(1);
  return outcomes[0]!;
};
const decodeEvent = (event: object): PlainEvent | Refusal => decodeOne(JSON.stringify({ ...attributes, ...event }));
/** Decodes an event whose text after the usual attributes is given. */
const decodeText = (rest: string): PlainEvent | Refusal =>
  decodeOne(`{"specversion":"1.0","id":"1","source":"/shop","type":"note",${rest}}`);
const nestedData = (depth: number): string => `"data":${'{"a":'.repeat(depth - 1)}1${"}".repeat(depth - 1)}`;
const reasonOf = (outcome: PlainEvent | Refusal | undefined): string => (outcome && isRefusal(outcome) ? outcome.reason : "accepted");

describe("a structured event", () => {
  it("becomes a row's worth of facts", () => {
    const event = decodeEvent({
      subject: "user-7",
      time: "2026-11-27T10:00:00.123456+02:00",
      recordedtime: "2026-11-27T09:00:00Z",
      dataversion: 4,
      data: { a: 1 },
    });
    expect({ ...event, data: dataText(event) }).toStrictEqual({
      idx: 0,
      time: Date.UTC(2026, 10, 27, 8) * 1_000 + 123_456,
      knownAt: Date.UTC(2026, 10, 27, 9) * 1_000,
      id: "1",
      type: "note",
      source: "/shop",
      subject: "user-7",
      version: 4,
      data: '{"a":1}',
    });
  });

  it("happened when it was stored if it says no time, and has no subject if it says none", () => {
    for (const event of [{}, { time: null, recordedtime: null, subject: null, dataversion: null }, { subject: "" }]) {
      expect(decodeEvent(event)).toMatchObject({ time: STORED_AT, knownAt: STORED_AT, subject: "", version: 0 });
    }
  });

  it("was known when it was stored at the latest", () => {
    expect(decodeEvent({ recordedtime: "2026-11-27T09:30:00.000001Z" })).toMatchObject({ knownAt: STORED_AT });
    expect(decodeEvent({ recordedtime: "2026-11-27T09:29:59.999999Z" })).toMatchObject({ knownAt: STORED_AT - 1 });
  });

  it("may lie in the future: event time is the producer's word", () => {
    expect(decodeEvent({ time: "2200-12-31T23:59:59Z" })).toMatchObject({ time: Date.UTC(2200, 11, 31, 23, 59, 59) * 1_000 });
  });

  it.each<[object, string, string]>([
    [{ specversion: "0.3" }, "not-a-cloudevent", 'attribute specversion is not "1.0"'],
    [{ specversion: 1 }, "not-a-cloudevent", 'attribute specversion is not "1.0"'],
    [{ id: undefined }, "missing-attribute", "attribute id is missing"],
    [{ id: "" }, "missing-attribute", "attribute id is missing"],
    [{ id: null }, "missing-attribute", "attribute id is missing"],
    [{ id: 7 }, "invalid-attribute", "attribute id is no text"],
    [{ source: undefined }, "missing-attribute", "attribute source is missing"],
    [{ source: {} }, "invalid-attribute", "attribute source is no text"],
    [{ type: undefined }, "missing-attribute", "attribute type is missing"],
    [{ type: ["a"] }, "invalid-attribute", "attribute type is no text"],
    [{ id: "a\0b" }, "invalid-attribute", "attribute id contains NUL"],
    [{ subject: "\0" }, "invalid-attribute", "attribute subject contains NUL"],
    [{ subject: 7 }, "invalid-attribute", "attribute subject is no text"],
    [{ id: "x".repeat(4_097) }, "invalid-attribute", "attribute id is longer than 4096 characters"],
    [{ id: "x".repeat(4_096) }, "accepted", ""],
    [{ source: "\ud800" }, "invalid-attribute", "attribute source contains half a surrogate pair"],
    [{ source: "\udc00\ud800" }, "invalid-attribute", "attribute source contains half a surrogate pair"],
    [{ source: "😀" }, "accepted", ""],
    [{ time: "" }, "invalid-time", "attribute time is no RFC 3339 time"],
    [{ time: "yesterday" }, "invalid-time", "attribute time is no RFC 3339 time"],
    [{ time: 1_795_771_800 }, "invalid-time", "attribute time is no RFC 3339 time"],
    [{ time: "1969-12-31T23:59:59Z" }, "time-out-of-range", "attribute time is outside the years 1970 to 2200"],
    [{ time: "2201-01-01T00:00:00Z" }, "time-out-of-range", "attribute time is outside the years 1970 to 2200"],
    [{ recordedtime: "x" }, "invalid-time", "attribute recordedtime is no RFC 3339 time"],
    [{ recordedtime: "9999-01-01T00:00:00Z" }, "time-out-of-range", "attribute recordedtime is outside the years 1970 to 2200"],
    [{ dataversion: 0 }, "invalid-attribute", "attribute dataversion is no whole number from 1 to 65535"],
    [{ dataversion: 1.5 }, "invalid-attribute", "attribute dataversion is no whole number from 1 to 65535"],
    [{ dataversion: "two" }, "invalid-attribute", "attribute dataversion is no whole number from 1 to 65535"],
    [{ dataversion: 65_536 }, "invalid-attribute", "attribute dataversion is no whole number from 1 to 65535"],
    [{ data: { a: 1 }, data_base64: "AAAA" }, "invalid-attribute", "there is both data and data_base64"],
    [{ data_base64: 7 }, "invalid-attribute", "attribute data_base64 is no base64"],
    [{ data_base64: "\ud800" }, "invalid-attribute", "attribute data_base64 is no base64"],
  ])("%j", (changes, reason, detail) => {
    const outcome = decodeEvent(changes);
    expect(reasonOf(outcome)).toBe(reason);
    if (reason !== "accepted") expect(outcome).toStrictEqual({ idx: 0, stage: "decode", reason, detail });
  });

  it.each<[object, number]>([
    [{ dataversion: 2 }, 2],
    [{ dataversion: "2" }, 2],
    [{ dataversion: 65_535 }, 65_535],
    [{ dataschema: "https://example.org/order/v2" }, 2],
    [{ dataschema: "https://example.org/order/12" }, 12],
    [{ dataschema: "https://example.org/order" }, 0],
    [{ dataschema: "urn:order:3" }, 3],
    [{ dataschema: "https://example.org/v9", dataversion: 2 }, 2],
    [{ dataschema: null }, 0],
  ])("%j has that schema version", (changes, version) => {
    expect(decodeEvent(changes)).toMatchObject({ version });
  });
});

describe("data", () => {
  it.each([
    ['"data":{"a":1}', '{"a":1}'],
    ['"data" : \n {"a" : [1, 2]}\t', '{"a" : [1, 2]}'],
    ['"data":{"big":9007199254740993,"small":-9223372036854775808,"most":18446744073709551615}', undefined],
    ['"data":{"a":-0,"b":-0.0,"c":1e5}', undefined],
    ['"data":{"__proto__":{"polluted":true},"constructor":{"prototype":1}}', undefined],
    ['"data":{"a":"\\u0000","b":"😀","c":"\\ud83d\\ude00"}', undefined],
    ['"data":{"a.b":1,"a":{"c":2}}', undefined],
    ['"d\\u0061ta":{"a":1}', '{"a":1}'],
    ['"data":{}', "{}"],
    ['"data":null', "{}"],
    ['"other":1', "{}"],
    ['"data":[1,{"a":2}]', '{"value":[1,{"a":2}]}'],
    ['"data":"text"', '{"value":"text"}'],
    ['"data":9007199254740993', '{"value":9007199254740993}'],
    ['"data":true', '{"value":true}'],
    ['"data_base64":"AAECAw=="', '{"base64":"AAECAw=="}'],
    ['"data_base64":""', '{"base64":""}'],
    ['"data_base64":null,"data":{"a":1}', '{"a":1}'],
  ])("%s is stored as it was sent", (rest, stored) => {
    expect(dataText(decodeText(rest)).trim()).toBe(stored ?? rest.slice(rest.indexOf(":") + 1));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it.each([
    ['"data":{"a":1,"a":2}', "duplicate-keys"],
    ['"data":{"a":[{"b":1,"b":1}]}', "duplicate-keys"],
    ['"data":{"a.b":1,"a":{"b":2}}', "duplicate-keys"],
    ['"data":{"a\\u002eb":1,"a":{"b":2}}', "duplicate-keys"],
    ['"data":{"__proto__":1,"__proto__":2}', "duplicate-keys"],
    ['"data":{"a":1},"data":{"a":1}', "duplicate-keys"],
    ['"data":{"a":1},"d\\u0061ta":{"a":1}', "duplicate-keys"],
    ['"id":"1"', "duplicate-keys"],
    ['"data":{"a":1e999}', "number-out-of-range"],
    ['"data":[-1e999]', "number-out-of-range"],
    ['"data":{"a":18446744073709551616}', "number-out-of-range"],
    ['"data":{"a":-9223372036854775809}', "number-out-of-range"],
    [`"data":{"a":${"9".repeat(500)}}`, "number-out-of-range"],
    ['"data":{"a":"\\ud800"}', "lone-surrogate"],
    ['"data":{"\\udc00":1}', "lone-surrogate"],
    ['"data":["\\ud800x\\udc00"]', "lone-surrogate"],
    ['"data":{"a":NaN}', "invalid-json"],
    ['"data":{"a":Infinity}', "invalid-json"],
    ['"data":{"a":01}', "invalid-json"],
    ['"data":{"a":"\u0000"}', "invalid-json"],
    ['"data":{"a":1,}', "invalid-json"],
  ])("%s is refused", (rest, reason) => {
    expect(reasonOf(decodeText(rest))).toBe(reason);
  });

  it("is looked at whatever its size: a long text beside a large number", () => {
    const text = `{"specversion":"1.0","id":"1","source":"/","type":"a","data":{"a":"${"x".repeat(20_000_000)}","b":1e5,"c":${"9".repeat(2_000_000)}.5}}`;
    const decode = decoder({ limits: { ...DEFAULT_LIMITS, maxPayload: 64 * 1024 * 1024 } });
    expect(reasonOf(decode(message(text))[0])).toBe("number-out-of-range");
  });
});

describe("a message that is no event", () => {
  it.each<[string, string | Buffer, string]>([
    ["nothing", "", "invalid-json"],
    ["a space", " ", "invalid-json"],
    ["a text", "hello", "invalid-json"],
    ["a byte order mark", `\ufeff${JSON.stringify(attributes)}`, "invalid-json"],
    ["NUL", "\0", "invalid-json"],
    ["two documents", '{"a":1}{"b":2}', "invalid-json"],
    ["null", "null", "not-a-cloudevent"],
    ["a number", "7", "not-a-cloudevent"],
    ["an object", "{}", "not-a-cloudevent"],
    ["a polluting object", '{"__proto__":{"specversion":"1.0"}}', "not-a-cloudevent"],
    ["an empty batch", "[]", "empty-batch"],
    ["an empty batch with space", " [ ] ", "empty-batch"],
    ["an overlong encoding", Buffer.from([0x22, 0xc0, 0xaf, 0x22]), "invalid-utf8"],
    ["half a character", Buffer.from([0x22, 0xe2, 0x82, 0x22]), "invalid-utf8"],
    ["an encoded surrogate", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "invalid-utf8"],
    ["UTF-16", Buffer.from("\ufeff{}", "utf16le"), "invalid-utf8"],
  ])("%s", (_name, payload, reason) => {
    expect(reasonOf(decodeOne(payload))).toBe(reason);
  });

  it.each([101, 1_001, 5_000, 100_000])("%d levels deep", (depth) => {
    const nested = (open: string, close: string): string => `${open.repeat(depth - 1)}1${close.repeat(depth - 1)}`;
    expect(decodeText(`"data":${nested("[", "]")}`)).toStrictEqual({
      idx: 0,
      stage: "decode",
      reason: "too-deep",
      detail: "the JSON is nested deeper than the limit of 100",
    });
    expect(reasonOf(decodeText(`"data":${nested('{"a":', "}")}`))).toBe("too-deep");
    expect(reasonOf(decodeOne(nested("[", "]")))).toBe(depth === 101 ? "not-a-cloudevent" : "too-deep");
    expect(reasonOf(decodeOne(nested("[", "]"), { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/", "ce-type": "a" }))).toBe(
      depth === 101 ? "accepted" : "too-deep",
    );
  });

  it("a hundred levels are no depth, nor nine hundred if allowed", () => {
    expect(reasonOf(decodeText(nestedData(100)))).toBe("accepted");
    const deep = `{"specversion":"1.0","id":"1","source":"/","type":"a",${nestedData(900)}}`;
    expect(reasonOf(decoder({ limits: { ...DEFAULT_LIMITS, maxDepth: 900 } })(message(deep))[0])).toBe("accepted");
  });

  it("a payload of the limit is taken, one byte more is not", () => {
    const start = `{"specversion":"1.0","id":"1","source":"/","type":"a","data":"`;
    const filler = "x".repeat(1_048_576 - start.length - 2);
    expect(reasonOf(decodeOne(`${start}${filler}"}`))).toBe("accepted");
    expect(decodeOne(`${start}${filler}y"}`)).toStrictEqual({
      idx: 0,
      stage: "decode",
      reason: "payload-too-large",
      detail: "the payload has 1048577 bytes, more than the limit of 1048576",
    });
  });
});

describe("a batch", () => {
  it("is decided event by event, each at its place", () => {
    const items = [
      JSON.stringify({ ...attributes, data: { n: 1 } }),
      "7",
      ` {"id":"x","specversion":"1.0","source":"/","type":"a","data" : {"n":9007199254740993} } `,
      JSON.stringify({ ...attributes, id: undefined }),
      "[]",
      JSON.stringify({ ...attributes, time: "x" }),
    ];
    const outcomes = decoder()(message(`[${items.join(",")}]`));
    expect(outcomes.map((outcome) => [outcome.idx, reasonOf(outcome)])).toStrictEqual([
      [0, "accepted"],
      [1, "not-a-cloudevent"],
      [2, "accepted"],
      [3, "missing-attribute"],
      [4, "not-a-cloudevent"],
      [5, "invalid-time"],
    ]);
    expect(dataText(outcomes[0])).toBe('{"n":1}');
    expect(dataText(outcomes[2]).trim()).toBe('{"n":9007199254740993}');
  });

  it("fails as a whole only where it is no JSON", () => {
    expect(decoder()(message(`[${JSON.stringify(attributes)},]`))).toMatchObject([{ idx: 0, reason: "invalid-json" }]);
  });

  it("judges each event by its own keys", () => {
    const good = JSON.stringify({ ...attributes, data: { a: 1 } });
    const twice = `{"specversion":"1.0","id":"1","source":"/","type":"a","data":{"a":1,"a":2}}`;
    expect(decoder()(message(`[${good},${twice},${good}]`)).map(reasonOf)).toStrictEqual(["accepted", "duplicate-keys", "accepted"]);
  });
});

describe("binary mode", () => {
  const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "note" };

  it("takes attributes from headers, percent-decoded, and the payload as data", () => {
    const event = decodeOne('{"a":9007199254740993}', {
      "Ce-SpecVersion": "1.0",
      "CE-ID": "caf%C3%A9 %22x%22",
      "ce-source": "/shop",
      "ce-type": "note",
      "ce-subject": "user-7",
      "ce-time": "2026-11-27T09:00:00Z",
      "ce-recordedtime": "2026-11-27T09:10:00Z",
      "ce-dataversion": "2",
      "Content-Type": "application/json; charset=utf-8",
      "Nats-Msg-Id": "x",
    });
    expect({ ...event, data: dataText(event) }).toStrictEqual({
      idx: 0,
      time: Date.UTC(2026, 10, 27, 9) * 1_000,
      knownAt: Date.UTC(2026, 10, 27, 9, 10) * 1_000,
      id: 'café "x"',
      type: "note",
      source: "/shop",
      subject: "user-7",
      version: 2,
      data: '{"a":9007199254740993}',
    });
  });

  it.each<[string, string, string]>([
    ["", "", "{}"],
    ["application/json", '{"a":1}', '{"a":1}'],
    ["application/vnd.shop+json", '{"a":1}', '{"a":1}'],
    ["APPLICATION/JSON", "[1]", '{"value":[1]}'],
    ["text/json;charset=utf-8", "null", "{}"],
    ["application/json", " 7 ", '{"value":7}'],
  ])("content type %j with %j", (type, payload, stored) => {
    expect(dataText(decodeOne(payload, type === "" ? headers : { ...headers, "content-type": type }))).toBe(stored);
  });

  it.each<[Record<string, string>, string, string]>([
    [{ "content-type": "text/plain" }, "hello", "unsupported-content-type"],
    [{ "content-type": "application/jsonx" }, "{}", "unsupported-content-type"],
    [{ "content-type": "application/octet-stream" }, "", "unsupported-content-type"],
    [{}, "hello", "invalid-json"],
    [{}, '{"a":1,"a":1}', "duplicate-keys"],
    [{}, '{"a":1e999}', "number-out-of-range"],
    [{}, '{"a":"\\ud800"}', "lone-surrogate"],
    [{ "ce-id": "" }, "{}", "missing-attribute"],
    [{ "ce-id": "%00" }, "{}", "invalid-attribute"],
    [{ "ce-specversion": "0.3" }, "{}", "not-a-cloudevent"],
    [{ "ce-time": "x" }, "{}", "invalid-time"],
    [{ "ce-dataversion": "x" }, "{}", "invalid-attribute"],
  ])("%j with %j is refused", (changes, payload, reason) => {
    expect(reasonOf(decodeOne(payload, { ...headers, ...changes }))).toBe(reason);
  });

  it("keeps what is no percent encoding", () => {
    expect(decodeOne("{}", { ...headers, "ce-id": "100% of %E9" })).toMatchObject({ id: "100% of %E9" });
  });

  it("refuses attributes that are no UTF-8, rather than storing other ones", () => {
    const bytes = Buffer.from("NATS/1.0\r\nce-specversion: 1.0\r\nce-id: \u00e9\r\nce-source: /\r\nce-type: a\r\n\r\n", "latin1");
    expect(reasonOf(decodeOne("{}", bytes))).toBe("invalid-utf8");
  });

  it("is told by the header, not by its value elsewhere", () => {
    const structured = JSON.stringify({ ...attributes, data: { a: 1 } });
    expect(dataText(decodeOne(structured, { "x-note": "ce-specversion: 1.0" }))).toBe('{"a":1}');
    expect(dataText(decodeOne(structured, { "Nats-Msg-Id": "1", "content-type": "application/cloudevents+json" }))).toBe('{"a":1}');
  });
});

const ofVersion = (version: number): LogMessage =>
  message(JSON.stringify({ ...attributes, type: "order.placed", dataversion: version, data: { later: [1] } }));
const send = (type: string, data: unknown, dataversion?: number): PlainEvent | Refusal =>
  decodeEvent({ type, data, ...(dataversion === undefined ? {} : { dataversion }) });

describe("declared events", () => {
  it("are checked at their newest version and stored as sent", () => {
    const event = send("order.placed", { amount: 5, currency: "EUR", unknown: [1] }, 3);
    expect(dataText(event)).toBe('{"amount":5,"currency":"EUR","unknown":[1]}');
    expect(event).toMatchObject({ version: 3 });
  });

  it("are upcast step by step; no version means 1", () => {
    for (const version of [1, undefined]) {
      const event = send("order.placed", { amount: 5 }, version);
      expect(dataText(event)).toBe('{"amount":5,"currency":"USD"}');
      expect(event).toMatchObject({ version: 3 });
    }
    expect(dataText(send("order.placed", { amount: "5", currency: "EUR" }, 2))).toBe('{"amount":5,"currency":"EUR"}');
  });

  it.each<[string, unknown, number, string, string]>([
    ["unknown version", { amount: 5 }, 4, "unknown-version", "schema version 4 is newer than the declared 3"],
    ["throwing upcast", { amount: 13 }, 1, "upcast-failed", "the upcast from version 1 failed"],
    ["upcast to nothing", { amount: 14 }, 2, "upcast-failed", "the upcast from version 2 failed"],
    ["upcast to a list", { amount: 15 }, 2, "upcast-failed", "the upcast from version 2 failed"],
    ["upcast to a bigint", { amount: 16 }, 1, "upcast-failed", "the upcast from version 1 failed"],
    ["upcast to a text", { amount: 17 }, 1, "upcast-failed", "the upcast from version 1 failed"],
    ["upcast to what ClickHouse cannot hold", { amount: 18 }, 1, "upcast-failed", "the upcast from version 1 failed"],
    ["upcast to one path twice", { amount: 19 }, 1, "upcast-failed", "the upcast from version 1 failed"],
    ["upcast of a list", [1], 1, "schema-mismatch", "data.amount does not fit the schema of order.placed (invalid_type)"],
    ["upcast to a mismatch", { amount: "x" }, 2, "schema-mismatch", "data.amount does not fit the schema of order.placed (invalid_type)"],
    [
      "wrong type",
      { amount: "5", currency: "EUR" },
      3,
      "schema-mismatch",
      "data.amount does not fit the schema of order.placed (invalid_type)",
    ],
    ["lacking", {}, 3, "schema-mismatch", "data.amount does not fit the schema of order.placed (invalid_type)"],
    ["no object", 7, 3, "schema-mismatch", "data.amount does not fit the schema of order.placed (invalid_type)"],
    ["no data", null, 3, "schema-mismatch", "data.amount does not fit the schema of order.placed (invalid_type)"],
  ])("%s", (_name, data, version, reason, detail) => {
    expect(send("order.placed", data, version)).toStrictEqual({ idx: 0, stage: "validate", reason, detail });
  });

  it("of a newer version are kept as they are where the declaration says so", () => {
    const open = defineEvent({ type: "order.placed", version: 3, data: order.data, upcast: order.upcast, newerVersions: "accept" });
    const decode = decoder({ events: [open] });
    expect(decode(ofVersion(4))).toMatchObject([{ version: 4, data: '{"later":[1]}' }]);
    expect(decode(ofVersion(3))).toMatchObject([{ reason: "schema-mismatch" }]);
  });

  it("are not upcast where that would change them: integers beyond 2^53", () => {
    const refused = decodeOne(
      `{"specversion":"1.0","id":"1","source":"/","type":"order.placed","data":{"amount":1,"ids":[9007199254740993]}}`,
    );
    expect(refused).toStrictEqual({
      idx: 0,
      stage: "validate",
      reason: "upcast-failed",
      detail: "the data has integers beyond 2^53, whose digits an upcast would lose",
    });
    expect(reasonOf(send("order.placed", { amount: 9_007_199_254_740_991, note: "12345678901234567890" }, 1))).toBe("accepted");
  });

  it("are refused, not fatal, where the schema itself fails", () => {
    expect(reasonOf(send("fussy", { a: 1 }))).toBe("accepted");
    expect(send("fussy", { a: 13 })).toStrictEqual({
      idx: 0,
      stage: "validate",
      reason: "schema-mismatch",
      detail: "the schema of fussy cannot check the data: it throws",
    });
    expect(reasonOf(send("asynchronous", { a: 1 }))).toBe("schema-mismatch");
  });

  it("never quote the data", () => {
    const outcome = send("order.placed", { amount: "secret", currency: "secret" }, 3);
    expect(JSON.stringify(outcome)).not.toContain("secret");
  });

  it("are the only ones if the project says so", () => {
    const decode = decoder({ unknownEvents: "dead-letter" });
    expect(decode(message(JSON.stringify({ ...attributes, type: "other", data: {} })))).toStrictEqual([
      { idx: 0, stage: "validate", reason: "unknown-type", detail: "the project does not declare events of this type" },
    ]);
    expect(reasonOf(decode(message(JSON.stringify({ ...attributes, type: "fussy", data: { a: 1 } })))[0])).toBe("accepted");
  });

  it.each(["9223372036854775808", "18446744073709551615", "9007199254740992"])(
    "an integer field refuses %s, which its column would read as null or another",
    (text) => {
      for (const a of [z.int(), z.number().int()]) {
        const decode = decoder({ events: [defineEvent({ type: "sized", data: z.object({ a }) })] });
        const sized = JSON.stringify({ ...attributes, type: "sized", data: { a: 0 } });
        expect(reasonOf(decode(message(sized))[0])).toBe("accepted");
        expect(decode(message(sized.replace('"a":0', `"a":${text}`)))).toMatchObject([{ reason: "schema-mismatch" }]);
      }
    },
  );

  it("wrapped values are checked as they are stored", () => {
    const events: EventDefinition[] = [defineEvent({ type: "note", data: z.object({ value: z.string() }) })];
    expect(reasonOf(decoder({ events })(message(JSON.stringify({ ...attributes, data: "text" })))[0])).toBe("accepted");
    expect(reasonOf(decoder({ events })(message(JSON.stringify({ ...attributes, data: 7 })))[0])).toBe("schema-mismatch");
  });
});

const isSound = (outcomes: readonly (PlainEvent | Refusal)[]): void => {
  expect(outcomes.length).toBeGreaterThan(0);
  for (const outcome of outcomes) if (!isRefusal(outcome)) expect(typeof JSON.parse(dataText(outcome))).toBe("object");
};

describe("anything", () => {
  it("decodes to something: random bytes, headers and all", () => {
    const decode = decoder();
    const headers = fc.option(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), headers, (bytes, headerBytes) =>
        isSound(decode(message(Buffer.from(bytes), headerBytes))),
      ),
      { numRuns: 3_000 },
    );
  });

  it("decodes to something: random JSON in the place of every attribute", () => {
    const decode = decoder();
    const names = ["id", "source", "type", "subject", "time", "recordedtime", "dataversion", "dataschema", "data_base64", "data"];
    const members = fc.tuple(
      ...names.map((name) =>
        fc.option(
          jsonText.map((text) => `"${name}":${text}`),
          { freq: 1 },
        ),
      ),
    );
    const events = members.map((texts) => `{"specversion":"1.0",${["", ...texts.filter((text) => text !== null)].join(",").slice(1)}}`);
    fc.assert(
      fc.property(fc.array(events, { maxLength: 3 }), (texts) => isSound(decode(message(`[${texts.join(",")}]`)))),
      { numRuns: 1_500 },
    );
  });

  it("keeps data: what is stored of an accepted event parses to what was sent", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const outcome = decodeText(`"data":${text}`);
        if (isRefusal(outcome)) return;
        const sent = JSON.parse(text) as unknown;
        const kept = typeof sent === "object" && sent !== null && !Array.isArray(sent) ? sent : sent === null ? {} : { value: sent };
        expect(JSON.stringify(JSON.parse(dataText(outcome)))).toBe(JSON.stringify(kept));
      }),
      { numRuns: 3_000 },
    );
  });
});
