import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { rollupTable } from "../../clickhouse/index.ts";
import { atEachGrain, count, defineEvent, defineMetric, defineProject } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { explainTrend } from "./explain-trend.ts";
import { insertEvents } from "./trend.test-support.ts";
import { trend } from "./trend.ts";
import type { TrendRequest } from "./trend-request.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ country: z.string(), amount: z.number() }) });
const orders = defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country"] });
const visits = defineMetric({ name: "visits", event: order, measure: count(), coarser: ["1 hour", "24 hours"] });
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  metrics: [orders, visits],
});
const request: TrendRequest = { metric: "orders", from: "2026-03-28T00:00Z", to: "2026-03-30T00:00Z", grain: "hour" };

describe("explainTrend", () => {
  const database = useDatabase();

  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, database.clickhouse), database.clickhouse);
    const events = Array.from({ length: 50 }, (_, index) => ({
      time: "2026-03-28 12:00:00",
      seq: index + 1,
      data: { country: "DE", amount: 1 },
    }));
    await insertEvents(database.clickhouse, events);
  });

  const explained = async (more: Partial<TrendRequest>) => {
    const asked = { ...request, ...more };
    const { parts } = await explainTrend(database.clickhouse, project, asked);
    const { sources } = await trend(database.clickhouse, project, asked);
    // It tells what the answer is read from, or it tells nothing.
    for (const { metric, kind, table, why } of parts) expect(sources).toContainEqual({ metric, kind, table, why });
    return parts;
  };

  it("tells source, reason, rows to read and the SQL that gives the answer; and why not the events", async () => {
    const [part] = await explained({});
    expect(part).toMatchObject({ kind: "rollup", over: "bucket", compared: false, reads: [{ table: part?.table, rows: 1 }] });
    expect(part?.others).toMatchObject([
      { table: "events", why: expect.stringContaining("fewer rows"), reads: [{ table: "events", rows: 50 }] },
    ]);
    const rows = await database.clickhouse.rows<{ target: string; v0: string }>({
      name: "Run what was told",
      sql: part?.sql ?? "",
      params: part?.params ?? {},
      settings: { prefer_column_name_to_alias: 1 },
    });
    expect(rows.find(({ target }) => target === "-1")?.v0).toBe("50");
  });

  it.each([
    ["a filter on no dimension", { filter: { amount: 1 } }, "no dimension of the rollup"],
    ["a past state", { asOf: { SHOP: { epoch: 1, seq: 7 } } }, "past state"],
    ["a grain that cuts its rows", { grain: "30 seconds", to: "2026-03-28T01:00Z" }, "do not fit"],
    ["being asked to", { source: "raw" as const }, "were asked for"],
  ])("says why not the rollup: %s", async (_, more, why) => {
    const [part] = await explained(more);
    expect(part).toMatchObject({
      kind: "raw",
      table: "events",
      others: [{ table: expect.stringMatching(/^rollup_orders_/), why: expect.stringContaining(why) }],
    });
  });

  it.each([
    ["the coarsest that fits", { grain: "day" }, "rollup", "24 hours", []],
    ["a finer one where buckets cut the coarsest", { grain: "hour" }, "rollup", "1 hour", ["do not fit"]],
    ["finer ones at the ends", { grain: "day", from: "2026-03-27T22:30Z" }, "rollup", "24 hours", []],
    ["the events where all are cut", { grain: "day", from: "2026-03-27T22:29:30Z" }, "mixed", "24 hours", []],
    ["the finest alone", { grain: "30 minutes" }, "rollup", "1 minute", ["do not fit", "do not fit"]],
  ])("reads, of several rollups, %s", async (_, more, kind, grain, passedOver) => {
    const [part] = await explained({ metric: "visits", ...more });
    const chosen = atEachGrain(visits).find((each) => each.grain === grain);
    expect(part).toMatchObject({ kind, table: chosen && rollupTable(chosen).name, why: expect.stringContaining(`rollup of ${grain}`) });
    const whys = part?.others.filter(({ table }) => table !== "events" && !part.reads.some((read) => read.table === table));
    expect(whys?.filter(({ why }) => why.includes("do not fit")).map(() => "do not fit")).toEqual(passedOver);
  });

  it("tells of both periods of a comparison, and of both sources of a range that cuts a row", async () => {
    const parts = await explained({ compare: "day", from: "2026-03-28T00:00:30Z" });
    expect(parts.map(({ compared, kind }) => ({ compared, kind }))).toEqual([
      { compared: false, kind: "mixed" },
      { compared: true, kind: "mixed" },
    ]);
  });
});
