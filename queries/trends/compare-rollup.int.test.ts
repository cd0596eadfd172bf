import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { rollupTable } from "../../clickhouse/index.ts";
import { atEachGrain, avg, count, defineEvent, defineMetric, defineProject, quantiles, sum, uniq } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { compareRollup } from "./compare-rollup.ts";
import { insertEvents } from "./trend.test-support.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ amount: z.int() }) });
const metrics = [
  defineMetric({ name: "orders", event: order, measure: count(), coarser: ["1 hour"] }),
  defineMetric({ name: "revenue", event: order, measure: sum("amount") }),
  defineMetric({ name: "basket", event: order, measure: avg("amount") }),
  defineMetric({ name: "buyers", event: order, measure: uniq("subject") }),
  defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.5, 0.9]) }),
];
const [orders] = metrics;
const later = defineMetric({ name: "later", event: order, measure: count() });
const project = defineProject({
  name: "shop",
  timezone: "Asia/Kolkata",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  metrics: [...metrics, later],
});
const held = useDatabase();

describe("a rollup beside the raw events", () => {
  beforeAll(async () => {
    await applyPlan(await migrationPlan({ ...project, metrics }, held.clickhouse), held.clickhouse);
    expect(await compareRollup(held.clickhouse, project, orders!)).toMatchObject({ buckets: 0, differences: [] });
    const events = Array.from({ length: 900 }, (_, index) => ({
      seq: index + 1,
      subject: `user-${index % 70}`,
      time: Date.UTC(2026, 2, 1 + (index % 9), index % 24) * 1_000,
      data: { amount: (index * 37) % 1_009 },
    }));
    // Several blocks, so that states are merged.
    for (let from = 0; from < events.length; from += 300) await insertEvents(held.clickhouse, events.slice(from, from + 300));
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
  });

  it.each(metrics.flatMap(atEachGrain))("agrees: $name of $grain", async (metric) => {
    expect(await compareRollup(held.clickhouse, project, metric)).toEqual({
      metric: metric.name,
      rollup: rollupTable(metric).name,
      read: true,
      grain: "day",
      buckets: 9,
      differences: [],
    });
  });

  it("is not read as long as it lacks history", async () => {
    expect(await compareRollup(held.clickhouse, project, later)).toMatchObject({ read: false, differences: [] });
  });

  it("is told to differ in the buckets where it does", async () => {
    const { bucket, name } = rollupTable(orders!);
    const oneDay = `INSERT INTO ${name} SELECT * FROM ${name} WHERE toDate(${bucket}, 'UTC') = '2026-03-04'`;
    await held.clickhouse.command({ name: "Double a day", sql: oneDay });
    expect((await compareRollup(held.clickhouse, project, orders!)).differences).toEqual([
      { start: new Date("2026-03-04"), end: new Date("2026-03-05"), output: "value", rollup: 200, raw: 100 },
    ]);
  });
});
