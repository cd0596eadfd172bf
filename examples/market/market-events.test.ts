import { describe, expect, it } from "vitest";
import project from "./hydrograph.config.ts";
import { marketEvents } from "./market-events.ts";

const options = { days: 7, seed: 3, until: new Date("2026-11-28T00:00:00Z") };
const events = [...marketEvents(options)];

describe("marketEvents", () => {
  it("are the same for the same options, each with an id of its own, of the declared shape", () => {
    expect([...marketEvents(options)]).toEqual(events);
    expect(events.length).toBeGreaterThan(10_000);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    for (const { data, type } of events)
      expect(project.events.find((event) => event.type === type)?.data.safeParse(data).success).toBe(true);
  });

  it("lie within the range, in the hours of working days", () => {
    for (const { time } of events) {
      const at = new Date(time);
      expect(at.getTime() >= Date.parse("2026-11-21T00:00:00Z") && at < options.until).toBe(true);
      expect([0, 6]).not.toContain(at.getUTCDay());
      expect(at.getUTCHours() >= 8 && at.getUTCHours() <= 16).toBe(true);
    }
  });

  it("trade at the quote that stands, which may be of the same millisecond", () => {
    const last = new Map<string | undefined, { time: string; bid: number; ask: number }>();
    let ties = 0;
    for (const event of events) {
      if (event.type === "market.quoted") {
        last.set(event.subject, { time: event.time, ...event.data });
        continue;
      }
      const standing = last.get(event.subject)!;
      expect(event.data.price).toBe(event.data.side === "buy" ? standing.ask : standing.bid);
      if (standing.time === event.time) ties += 1;
    }
    expect(ties).toBeGreaterThan(100);
  });
});
