import { describe, expect, it } from "vitest";
import { z } from "zod";
import { avg, count, defineEvent, defineFeatures, defineMetric, last, sum } from "../../model/index.ts";
import { oracleFeatures } from "./features.ts";
import { at, event } from "./oracle-event.test-support.ts";

const sale = defineEvent({ type: "sale", data: z.object({ amount: z.number(), buyer: z.int() }) });
const sales = defineMetric({ name: "sales", event: sale, measure: count() });
const spend = defineMetric({ name: "spend", event: sale, measure: sum("amount") });
const average = defineMetric({ name: "average", event: sale, measure: avg("amount") });
const latest = defineMetric({ name: "latest", event: sale, measure: last("amount") });
const person = defineFeatures({
  name: "person",
  entity: "subject",
  features: {
    sales_1h: { metric: sales, window: "1h" },
    sales_1h_served_10m_late: { metric: sales, window: "1h", delay: "10m" },
    spend_1h: { metric: spend, window: "1h" },
    average_1h: { metric: average, window: "1h" },
    latest_1d: { metric: latest, window: "1d" },
  },
});
const T = "2026-01-01T12:00:00Z";

function salesAt(times: readonly string[], rest: Parameters<typeof event>[2] = {}, delay = "sales_1h"): unknown {
  const events = times.map((time) => event(time, { amount: 2, buyer: 7 }, rest));
  return oracleFeatures(events, person, [{ entity: "ann", time: at(T) }])[0]?.[delay];
}

describe("oracleFeatures", () => {
  it("counts [T - delay - window, T - delay), to the millisecond", () => {
    expect(salesAt(["2026-01-01T10:59:59.999Z"])).toBe(0);
    expect(salesAt(["2026-01-01T11:00:00.000Z"])).toBe(1);
    expect(salesAt(["2026-01-01T11:59:59.999Z"])).toBe(1);
    expect(salesAt(["2026-01-01T12:00:00.000Z"])).toBe(0);
    const late = (time: string): unknown => salesAt([time], {}, "sales_1h_served_10m_late");
    expect(["10:49:59.999", "10:50:00.000", "11:49:59.999", "11:50:00.000"].map((time) => late(`2026-01-01T${time}Z`))).toEqual([
      0, 1, 1, 0,
    ]);
  });

  it("counts what was known at T, and nothing known a microsecond later", () => {
    expect(salesAt(["2026-01-01T11:30:00Z"], { known_at: at(T) })).toBe(1);
    expect(salesAt(["2026-01-01T11:30:00Z"], { known_at: at(T) + 1 })).toBe(0);
  });

  it("leaves out other entities, other types and what lies behind the watermark", () => {
    expect(salesAt(["2026-01-01T11:30:00Z"], { subject: "bob" })).toBe(0);
    expect(salesAt(["2026-01-01T11:30:00Z"], { type: "return" })).toBe(0);
    const events = [1, 2, 3].map((seq) => event("2026-01-01T11:30:00Z", { amount: seq, buyer: 7 }, { seq }));
    const [row] = oracleFeatures(events, person, [{ entity: "ann", time: at(T) }], { S: { epoch: 1, seq: 2 } });
    expect(row).toEqual({ sales_1h: 2, sales_1h_served_10m_late: 2, spend_1h: 3, average_1h: 1.5, latest_1d: 2 });
  });

  it("shows nothing as null, but counts it as 0, row by row in the order of the spine", () => {
    const empty = { sales_1h: 0, sales_1h_served_10m_late: 0, spend_1h: null, average_1h: null, latest_1d: null };
    const events = [event("2026-01-01T11:59:00Z", { amount: 0, buyer: 7 })];
    const spine = [
      { entity: "bob", time: at(T) },
      { entity: "ann", time: at(T) },
      { entity: "bob", time: at(T) },
    ];
    expect(oracleFeatures(events, person, spine)).toEqual([
      empty,
      { sales_1h: 1, sales_1h_served_10m_late: 0, spend_1h: 0, average_1h: 0, latest_1d: 0 },
      empty,
    ]);
  });

  it("finds the entity in data too", () => {
    const byBuyer = defineFeatures({ name: "buyer", entity: "data.buyer", features: { sales_1h: { metric: sales, window: "1h" } } });
    const events = [event("2026-01-01T11:30:00Z", { amount: 1, buyer: 7 })];
    expect(
      oracleFeatures(events, byBuyer, [
        { entity: "7", time: at(T) },
        { entity: "ann", time: at(T) },
      ]),
    ).toEqual([{ sales_1h: 1 }, { sales_1h: 0 }]);
  });
});
