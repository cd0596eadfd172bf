import { describe, expect, it } from "vitest";
import { defineProject, type CloudEvent } from "../model/index.ts";
import { eventMessage } from "./event-message.ts";

const event = (changes: Partial<CloudEvent> = {}): CloudEvent => ({
  specversion: "1.0",
  id: "1",
  source: "/shop",
  type: "order.placed",
  ...changes,
});
const projectWith = (...subjects: string[]): ReturnType<typeof defineProject> =>
  defineProject({ name: "shop", streams: subjects.map((subject, index) => ({ name: `S${index}`, subjects: [subject] })), events: [] });
const subjectOf = (type: string, ...subjects: string[]): string => eventMessage(projectWith(...subjects), event({ type })).subject;

describe("the subject of an event's message", () => {
  it.each([
    ["git.commit", ["git.>"], "git.commit"],
    ["order.placed", ["shop.>"], "shop.order.placed"],
    ["order.placed", ["shop.>", "order.*"], "order.placed"],
    ["order.placed", [">"], "order.placed"],
    ["order.placed", ["shop.*"], "shop.order-placed"],
    ["order.placed", ["shop.*.events"], "shop.order-placed.events"],
    ["order.placed", ["shop"], "shop"],
    ["order.placed", ["shop.*.>"], "shop._.order.placed"],
    ["order placed", [">"], "order_placed"],
    ["a.*.>", ["shop.>"], "shop.a._._"],
    ["a..b", ["shop.>"], "shop.a._.b"],
    ["", ["shop.>"], "shop._"],
    ["größe", ["shop.>"], "shop.größe"],
    ["a\0b\u0085c", ["shop.>"], "shop.a_b_c"],
    ["x".repeat(5_000), ["shop.>"], `shop.${"x".repeat(1_000)}`],
    ["€".repeat(5_000), ["shop.*.events"], `shop.${"€".repeat(333)}.events`],
    [`${"x".repeat(999)}.y`, [">"], `${"x".repeat(999)}._`],
  ])("%j in %j: %s", (type, subjects, expected) => {
    expect(subjectOf(type, ...subjects)).toBe(expected);
  });

  it("begins with the partition of the event's subject where the stream has partitions", () => {
    const project = defineProject({
      name: "shop",
      streams: [
        { name: "SHOP", subjects: ["shop.>"], partitions: 4 },
        { name: "ONE", subjects: ["one.>"] },
      ],
      events: [],
    });
    const subject = (changes: Partial<CloudEvent>): string => eventMessage(project, event(changes)).subject;
    expect(subject({ subject: "user-7" })).toBe("p.2.shop.order.placed");
    expect(subject({ subject: "user-8" })).toBe("p.3.shop.order.placed");
    expect(subject({ subject: "user-7", type: "shop.sold" })).toBe("p.2.shop.sold");
    expect(subject({})).toBe("p.1.shop.order.placed");
    expect(subject({ subject: "user-7", type: "one.sold" })).toBe("one.sold");
  });

  it("stays the same for a type, however many types there are", () => {
    const project = projectWith("shop.>");
    for (let index = 0; index < 10_010; index += 1) eventMessage(project, event({ type: `t${index}` }));
    expect(eventMessage(project, event({ type: "t3" })).subject).toBe("shop.t3");
    expect(eventMessage(project, event({ type: "t10005" })).subject).toBe("shop.t10005");
  });
});

const idOf = (source: string, id: string): string | undefined => eventMessage(projectWith("shop.>"), event({ source, id })).messageId;

describe("an event's message", () => {
  it("is structured CloudEvents JSON", () => {
    const { contentType, payload } = eventMessage(projectWith("shop.>"), event({ data: { a: 1 } }));
    expect(contentType).toBe("application/cloudevents+json");
    expect(JSON.parse(Buffer.from(payload).toString())).toStrictEqual(event({ data: { a: 1 } }));
  });

  it("has an id of source and id, which no two different pairs share", () => {
    expect(idOf("/shop", "1")).toBe("%2Fshop 1");
    const ids = [idOf("a", "b c"), idOf("a b", "c"), idOf("a%20b", "c"), idOf("a", "b%20c"), idOf("a\r\nb", "c"), idOf("a", "é")];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]+ [\x21-\x7e]+$/);
  });

  it("is made of any text, also of what is none", () => {
    expect(eventMessage(projectWith("shop.>"), event({ id: "\ud800" })).messageId).toBe("%2Fshop %EF%BF%BD");
  });
});

const binary = (changes: object, dataJson?: Uint8Array): ReturnType<typeof eventMessage> =>
  eventMessage(projectWith("shop.>"), event(changes), { mode: "binary", ...(dataJson ? { dataJson } : {}) });

describe("a message in binary mode", () => {
  it("has the attributes as headers, percent-encoded, and the data as payload", () => {
    const changes = { subject: 'é "50 %"', time: "2026-11-27T09:30:00+01:00", dataversion: 2, urgent: true, nothing: null, data: { a: 1 } };
    expect(binary(changes)).toStrictEqual({
      subject: "shop.order.placed",
      messageId: "%2Fshop 1",
      contentType: "application/json",
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "/shop",
        "ce-type": "order.placed",
        "ce-subject": "%C3%A9%20%2250%20%25%22",
        "ce-time": "2026-11-27T09:30:00+01:00",
        "ce-dataversion": "2",
        "ce-urgent": "true",
      },
      payload: Buffer.from('{"a":1}'),
    });
  });

  it("has an empty payload without data, and data as it was written where that is at hand", () => {
    expect(binary({}).payload).toHaveLength(0);
    expect(binary({ data: null }).payload.toString()).toBe("null");
    const written = Buffer.from('{"n": 12345678901234567890}');
    expect(binary({ data: JSON.parse(written.toString()) as unknown }, written).payload).toBe(written);
  });

  it.each([
    { data: "text", datacontenttype: "text/plain" },
    { data_base64: "AAEC" },
    { datacontenttype: "application/json\r\nx: y" },
    { subject: "\ud800" },
    { upperCase: "a" },
    { extension: { a: 1 } },
  ])("is structured where binary mode would change the event: %j", (changes) => {
    const { contentType, payload } = binary(changes);
    expect(contentType).toBe("application/cloudevents+json");
    expect(JSON.parse(Buffer.from(payload).toString())).toStrictEqual(event(changes));
  });
});
