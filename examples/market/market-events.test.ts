import { describe, expect, it } from "vitest";
import project from "./hydrograph.config.ts";
import { marketEvents } from "./market-events.ts";

// Friday, Saturday and Sunday: one day of trading.
const options = { days: 3, seed: 3, until: new Date("2026-11-30T00:00:00Z") };
const events = [...marketEvents(options)];

describe("marketEvents", () => {
  it("are the same for the same options, each with an id of its own, of the declared shape", () => {
    expect([...marketEvents(options)].map((event) => JSON.stringify(event)).join()).toBe(
      events.map((event) => JSON.stringify(event)).join(),
    );
    expect(events.length).toBeGreaterThan(5_000);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const schemas = new Map(project.events.map((event) => [event.type, event.data]));
    expect(events.filter(({ data, type }) => schemas.get(type)?.safeParse(data).success !== true)).toEqual([]);
  });

  it("lie in the hours of the working day", () => {
    expect(events.filter(({ time }) => time < "2026-11-27T08:00" || time >= "2026-11-27T16:30:01")).toEqual([]);
  });

  it("trade at the quote that stands, which may be of the same millisecond", () => {
    const last = new Map<string, { time: string; bid: number; ask: number }>();
    const wrong: unknown[] = [];
    let ties = 0;
    for (const event of events) {
      if (event.type === "market.quoted") last.set(event.subject, { time: event.time, ...event.data });
      else {
        const standing = last.get(event.subject);
        if (event.data.price !== (event.data.side === "buy" ? standing?.ask : standing?.bid)) wrong.push(event);
        if (standing?.time === event.time) ties += 1;
      }
    }
    expect(wrong).toEqual([]);
    expect(ties).toBeGreaterThan(100);
  });
});
