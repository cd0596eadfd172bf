import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { defineProject } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { eventExtent } from "../event-extent.ts";
import { commitTo, insertEvents } from "../trends/trend.test-support.ts";
import { entityHistory, type EntityHistory, type HistoryEvent } from "./entity-history.ts";
import { recentEntities } from "./recent-entities.ts";

const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [] });
const held = useDatabase();
/** Several at one moment, by few subjects. */
const events = fc
  .sample(fc.record({ minute: fc.nat(20), subject: fc.constantFrom("user-1", "user-2", "it's {x:String}") }), { seed: 7, numRuns: 60 })
  .map(({ minute, subject }, index) => ({
    seq: index + 1,
    subject,
    time: `2026-03-01 12:${String(minute).padStart(2, "0")}:00.000001`,
    data: { n: index, big: 9_007_199_254_740_993n.toString() },
  }));

async function allPages(entity: string, limit: number): Promise<{ pages: EntityHistory[]; found: HistoryEvent[] }> {
  const pages: EntityHistory[] = [await entityHistory(held.clickhouse, { entity, limit })];
  for (let next = pages[0]!.next; next; next = pages.at(-1)!.next)
    pages.push(await entityHistory(held.clickhouse, { entity, limit, before: next }));
  return { pages, found: pages.flatMap((page) => page.events) };
}

describe("the history of an entity", () => {
  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
    expect(await eventExtent(held.clickhouse)).toBeNull();
    expect(await recentEntities(held.clickhouse)).toEqual([]);
    await insertEvents(held.clickhouse, events);
    await commitTo(held.clickhouse, { last: events.length, storedTo: "2026-04-01 00:00:00" });
  });

  it.each(["user-1", "it's {x:String}"])("has each event of %j once, newest first, whatever the size of a page", async (subject) => {
    const own = events.filter((event) => event.subject === subject);
    const expected = own.toSorted((a, b) => (a.time === b.time ? b.seq - a.seq : a.time < b.time ? 1 : -1)).map(({ seq }) => String(seq));
    for (const limit of [1, 7, 1_000]) {
      const { found, pages } = await allPages(subject, limit);
      expect(found.map(({ position }) => position.seq)).toEqual(expected);
      expect(pages.every((page) => page.events.length <= limit)).toBe(true);
    }
  });

  it("tells an event as it is, and the position it holds at", async () => {
    const [event] = events;
    const answer = await entityHistory(held.clickhouse, { entity: event!.subject });
    const told = answer.events.find(({ position }) => position.seq === "1");
    expect(told).toEqual({
      time: `${event!.time.replace(" ", "T")}Z`,
      knownAt: "2026-04-01T00:00:00.000000Z",
      storedAt: "2026-04-01T00:00:00.000000Z",
      type: "order.placed",
      id: "SHOP-1",
      source: "web",
      version: 1,
      position: { stream: "SHOP", epoch: "1", seq: "1", idx: 0 },
      data: '{"big":"9007199254740993","n":0}',
      enriched: "{}",
    });
    expect([answer.watermark, answer.next]).toEqual([{ SHOP: { epoch: 1, seq: events.length } }, null]);
  });

  it("is empty for who never did anything", async () => {
    expect(await entityHistory(held.clickhouse, { entity: "nobody" })).toMatchObject({ events: [], next: null });
  });

  it.each([
    [{ entity: "" }, /Name the entity/],
    [{ entity: "user-1", limit: 0 }, /"limit" is a number of events from 1 to 1,000, not 0/],
    [{ entity: "user-1", limit: 1_001 }, /not 1001/],
  ])("refuses %j with a sentence", async (request, sentence) => {
    await expect(entityHistory(held.clickhouse, request)).rejects.toThrow(sentence);
  });

  it("begins with the entities of the newest events, and knows between which moments events lie", async () => {
    const found = await recentEntities(held.clickhouse);
    expect(found[0]?.entity).toBe(events.at(-1)?.subject);
    const counts = found.map(({ entity, events: n }) => [entity, n]);
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(
        ["user-1", "user-2", "it's {x:String}"].map((name) => [name, events.filter(({ subject }) => subject === name).length]),
      ),
    );
    const times = events.map(({ time }) => `${time.slice(0, 10)}T${time.slice(11, 19)}Z`).sort();
    expect(await eventExtent(held.clickhouse)).toEqual({ first: times[0], last: times.at(-1) });
  });
});
