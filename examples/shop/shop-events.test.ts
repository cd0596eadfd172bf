import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProject } from "../../model/index.ts";
import project from "./hydrograph.config.ts";
import { DISORDER, liveShopEvents, shopEvents, trueTotals, type ShopEvent, type ShopOptions } from "./index.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONTH: ShopOptions = { until: new Date("2026-12-05T10:00:00Z"), sessions: 3_000 };
const month = [...shopEvents(MONTH)];
const distinct = [...new Map(month.map((event) => [event.id, event])).values()];

/** Long lists are compared as text: a deep comparison of 17,000 objects takes a second. */
function text(events: readonly ShopEvent[]): string {
  return events.map((event) => JSON.stringify(event)).join("\n");
}

function delayOf({ time = "", recordedtime = "" }: ShopEvent): number {
  return Date.parse(recordedtime) - Date.parse(time);
}

function eventsInHour(hour: number): number {
  return distinct.filter(({ time = "" }) => Number(time.slice(11, 13)) === hour).length;
}

describe("shopEvents", () => {
  it("gives the same events for the same options, and others for another seed", () => {
    expect(text([...shopEvents({ ...MONTH })])).toBe(text(month));
    const ids = new Set(month.map(({ id }) => id));
    expect([...shopEvents({ ...MONTH, seed: 2 })].filter(({ id }) => ids.has(id))).toEqual([]);
  });

  it("gives any stretch alone as the slice of the whole", { timeout: 60_000 }, () => {
    const end = MONTH.until.getTime();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 * DAY - 1 }), { maxLength: 4 }), (cuts) => {
        const edges = [...new Set([end - 30 * DAY, ...cuts.map((cut) => end - cut), end])].sort((a, b) => a - b);
        const stretches = edges.slice(1).map((until, index) => ({ from: new Date(edges[index]!), until: new Date(until) }));
        // The size of the shop follows from sessions a day, so the days stay 30.
        const made = stretches.reverse().map((stretch) => [...shopEvents({ ...MONTH, days: 30, ...stretch })]);
        expect(text(made.reverse().flat())).toBe(text(month));
      }),
      { numRuns: 5 },
    );
  });

  it("holds the totals that are counted from the visits", () => {
    const totals = trueTotals(MONTH);
    expect(totals).toEqual(bruteForceTotals(month));
    expect(totals.events).toBeGreaterThan(12_000);
  });

  it("publishes in the order of knowledge, and knows nothing before it happens or after the end", () => {
    const seen = new Set<string>();
    const firsts = month.filter(({ id }) => !seen.has(id) && seen.add(id));
    const known = firsts.map(({ recordedtime = "" }) => recordedtime);
    expect(known).toEqual(known.toSorted());
    expect(known.every((time) => time >= "2026-11-05T10:00:00.000Z" && time < "2026-12-05T10:00:00.000Z")).toBe(true);
    expect(Math.min(...month.map(delayOf))).toBeGreaterThan(0);
  });

  it("is late, out of order and doubled in the declared shares", () => {
    const share = (of: number): number => of / distinct.length;
    expect(share(distinct.filter((event) => delayOf(event) >= HOUR).length)).toBeCloseTo(DISORDER.late, 2);
    expect(share(distinct.filter((event) => delayOf(event) >= 2_000 && delayOf(event) < HOUR).length)).toBeCloseTo(DISORDER.outOfOrder, 2);
    expect(share(month.length - distinct.length)).toBeCloseTo(DISORDER.duplicates, 2.5);
    expect(Math.max(...distinct.map(delayOf))).toBeLessThanOrEqual(72 * HOUR);
    const behind = month.filter((event, index) => index > 0 && (event.time ?? "") < (month[index - 1]?.time ?? "")).length;
    expect(behind / month.length).toBeGreaterThan(DISORDER.outOfOrder / 2);
  });

  it("publishes each duplicate with the same bytes", () => {
    const first = new Map<string, string>();
    for (const event of month) {
      first.set(event.id, first.get(event.id) ?? JSON.stringify(event));
    }
    expect(month.filter((event) => first.get(event.id) !== JSON.stringify(event))).toEqual([]);
    expect(first.size).toBeLessThan(month.length);
  });

  it("can be tidy", () => {
    const tidy = { ...MONTH, disorder: { late: 0, outOfOrder: 0, duplicates: 0 } };
    const events = [...shopEvents(tidy)];
    expect(Math.max(...events.map(delayOf))).toBeLessThan(500);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it("has a Black Friday, busy evenings and quiet nights", () => {
    const { ordersByDay } = trueTotals(MONTH);
    const ordinary = (ordersByDay["2026-11-18"] ?? 0) + (ordersByDay["2026-11-19"] ?? 0);
    expect(ordersByDay["2026-11-27"]).toBeGreaterThan(2 * ordinary);
    expect(eventsInHour(20)).toBeGreaterThan(4 * eventsInHour(3));
  });

  it.each([
    [{ until: new Date("nonsense") }, "`until` and `from` must be valid dates."],
    [{ days: 0 }, "`until` must be later than `from`, and `days` above zero."],
    [{ sessions: 0 }, "`sessions` must be at least 1."],
    [{ seed: 1.5 }, "`seed` must be a whole number."],
    [{ disorder: { late: 0.7, outOfOrder: 0.7 } }, "`disorder` must be shares from 0 to 1."],
  ])("refuses %j", (options, message) => {
    expect(() => [...shopEvents({ ...MONTH, ...options })]).toThrow(message);
  });
});

describe("the shop's config", () => {
  it("has no problem", () => {
    expect(checkProject(project)).toEqual([]);
  });

  it("accepts every event, upcast where it is old", () => {
    const versions = new Set<string>();
    const problems: unknown[] = [];
    const definitions = new Map(
      project.events.map(({ type, version, upcast, data }) => [type, { version, upcast, schema: data.strict() }]),
    );
    for (const { type, data, dataversion = 1 } of distinct) {
      const definition = definitions.get(type);
      const upcast = dataversion < definition!.version ? definition!.upcast[dataversion] : undefined;
      const current = upcast ? upcast({ ...data }) : data;
      problems.push(...(definition!.schema.safeParse(current).error?.issues ?? []));
      versions.add(`${type} ${dataversion}`);
    }
    expect(problems).toEqual([]);
    expect([...versions].toSorted()).toEqual([
      "cart.item_added 1",
      "order.placed 1",
      "order.placed 2",
      "page.viewed 1",
      "payment.failed 1",
      "payment.retried 1",
      "payment.succeeded 1",
      "payment.switched_to_cash_on_delivery 1",
    ]);
  });

  it("tells a whole story of each order: what was paid, failed or given up follows from it", () => {
    const orders = new Set(distinct.flatMap((event) => (event.type === "order.placed" ? [event.data?.orderId] : [])));
    const paid = distinct.flatMap((event) => (event.type === "payment.succeeded" && !orders.has(event.data?.orderId) ? [event] : []));
    // Only orders just outside the month, or not yet known at its end, may be missing.
    expect(paid.length).toBeLessThan(orders.size / 50);
  });
});

describe("liveShopEvents", () => {
  it("yields events as they happen, at about the rate, until the signal", async () => {
    const stop = new AbortController();
    const seen: ShopEvent[] = [];
    for await (const event of liveShopEvents({ rate: 1_000, signal: stop.signal })) {
      expect(Date.parse(event.recordedtime ?? "")).toBeLessThanOrEqual(Date.now());
      seen.push(event);
      if (seen.length === 200) stop.abort();
    }
    expect(seen).toHaveLength(200);
    expect(new Set(seen.map(({ type }) => type)).has("page.viewed")).toBe(true);
  });
});

/** Counts the published events themselves, one by one. */
function bruteForceTotals(messages: readonly ShopEvent[]): ReturnType<typeof trueTotals> {
  const events = [...new Map(messages.map((event) => [event.id, event])).values()];
  const orders = events.flatMap((event) => (event.type === "order.placed" ? [event] : []));
  const revenue: Record<string, bigint> = {};
  for (const { data } of orders) {
    const currency = data && "currency" in data ? data.currency : "USD";
    const key = `${data?.country}/${currency}`;
    revenue[key] = (revenue[key] ?? 0n) + BigInt((data?.amount ?? 0).toFixed(2).replace(".", ""));
  }
  return {
    messages: messages.length,
    events: events.length,
    byType: count(events.map(({ type }) => type)),
    visitors: new Set(events.flatMap(({ type, subject }) => (type === "page.viewed" ? [subject] : []))).size,
    ordersByDay: count(orders.map(({ time = "" }) => time.slice(0, 10))),
    revenue: Object.fromEntries(Object.entries(revenue).map(([key, cents]) => [key, Number(cents) / 100])),
    failedPayments: count(events.flatMap((event) => (event.type === "payment.failed" ? [event.data?.method ?? ""] : []))),
    late: events.filter((event) => delayOf(event) >= HOUR).length,
    outOfOrder: events.filter((event) => delayOf(event) >= 2_000 && delayOf(event) < HOUR).length,
  };
}

function count(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
