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
  ])("%j in %j: %s", (type, subjects, expected) => {
    expect(subjectOf(type, ...subjects)).toBe(expected);
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
