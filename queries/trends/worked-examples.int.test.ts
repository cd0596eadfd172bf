import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { BASE_TABLES, connectClickHouse, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import { count, defineEvent, defineFormula, defineMetric, defineProject, defineRatio, sum, uniq } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { QueryError } from "../query-error.ts";
import type { TrendAnswer } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";
import { commitTo, insertEvents } from "./trend.test-support.ts";
import { trend } from "./trend.ts";

const data = z.object({ amount: z.number(), country: z.string() });
const order = defineEvent({ type: "order.placed", data });
const visit = defineEvent({ type: "page.viewed", data });
const orders = defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country"] });
const visits = defineMetric({ name: "visits", event: visit, measure: count(), dimensions: ["country"] });
const revenue = defineMetric({
  name: "revenue",
  event: order,
  measure: sum("amount", { decimals: 2 }),
  dimensions: ["country"],
  unit: "EUR",
});
const buyers = defineMetric({ name: "buyers", event: order, measure: uniq("subject"), dimensions: ["country"] });
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order, visit],
  metrics: [
    orders,
    visits,
    revenue,
    buyers,
    defineRatio({ name: "conversion", numerator: orders, denominator: visits, scale: 100, unit: "%" }),
    defineFormula({ name: "idle", parts: { orders, visits }, value: (of) => (of.visits ?? 0) - (of.orders ?? 0) }),
  ],
  timezone: "Europe/Berlin",
});

/** An order, or a visit; at a UTC time of 2026. */
type Happening = readonly [at: string, type: "order" | "visit", who: string, country?: string, amount?: number];

const valuesOf = (answer: TrendAnswer, output = "value"): unknown[] => answer.rows.map(({ values }) => values[output]);

/** The worked examples of docs/definitions.md, and what they leave out. */
describe("definitions", () => {
  const database = `worked_${process.pid}_${Date.now()}`;
  let server: ClickHouse;
  let clickhouse: ClickHouse;
  let seq = 0;

  const ask = (request: Partial<TrendRequest>): Promise<TrendAnswer> =>
    trend(clickhouse, project, { metric: "orders", from: "2026-03-02", to: "2026-03-05", grain: "day", ...request });
  const publish = (happenings: readonly Happening[]): Promise<void> =>
    insertEvents(
      clickhouse,
      happenings.map(([at, kind, subject, country = "DE", amount = 1]) => {
        return {
          time: `2026-${at}`,
          type: kind === "order" ? "order.placed" : "page.viewed",
          subject,
          data: { country, amount },
          seq: (seq += 1),
        };
      }),
    );

  beforeAll(async () => {
    server = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
    clickhouse = server.inDatabase(database);
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  });
  beforeEach(async () => {
    seq = 0;
    const tables = [...BASE_TABLES.map(({ name }) => name), ...project.metrics.map((metric) => rollupTable(metric).name)];
    for (const name of tables.filter((one) => one !== "rollup_versions"))
      await clickhouse.command({ name: "Empty", sql: `TRUNCATE TABLE ${name}` });
  });
  afterAll(async () => {
    await server.command({ name: "Drop", sql: `DROP DATABASE ${database}` });
    await Promise.all([clickhouse.close(), server.close()]);
  });

  test("a ratio is computed from its parts, in each bucket and over the whole range", async () => {
    await publish([
      ...(["a", "b", "c", "d"] as const).map((who): Happening => ["03-02 12:00:00", "visit", who]),
      ["03-02 13:00:00", "order", "a"],
      ["03-02 13:00:00", "order", "b"],
      ["03-03 12:00:00", "visit", "a"],
      ["03-03 13:00:00", "order", "a"],
    ]);
    const answer = await ask({ metric: ["conversion", "idle", "orders"] });
    expect(valuesOf(answer, "conversion")).toEqual([50, 100, null]);
    expect(valuesOf(answer, "idle")).toEqual([2, 0, 0]);
    expect(answer.totals).toEqual([{ group: {}, values: { conversion: 60, idle: 2, orders: 3 } }]);
    expect(answer.metrics.map(({ adds, name, unit }) => [name, unit, adds])).toEqual([
      ["conversion", "%", false],
      ["idle", undefined, false],
      ["orders", undefined, true],
    ]);
    // Over two days together: 3 of 5; no mean of quotients is that.
    expect(valuesOf(await ask({ metric: "conversion", window: { kind: "average", buckets: 2 } }))).toEqual([50, 60, 100]);
  });

  test("distinct values are counted once over windows, among the other groups, and over the whole range", async () => {
    await publish([
      ["03-02 12:00:00", "order", "a", "DE"],
      ["03-02 12:00:00", "order", "b", "DE"],
      ["03-03 12:00:00", "order", "a", "AT"],
      ["03-03 12:00:00", "order", "a", "CH"],
      ["03-04 12:00:00", "order", "a", "DE"],
    ]);
    const plain = await ask({ metric: "buyers" });
    expect([valuesOf(plain), plain.totals[0]?.values]).toEqual([[2, 1, 1], { value: 2 }]);
    expect(valuesOf(await ask({ metric: "buyers", window: { kind: "rolling", buckets: 2 } }))).toEqual([2, 2, 1]);
    expect(valuesOf(await ask({ metric: "buyers", window: { kind: "cumulative" } }))).toEqual([2, 2, 2]);
    const top = await ask({ metric: "buyers", groupBy: ["country"], top: 1 });
    expect(top.totals).toEqual([
      { group: { country: "DE" }, values: { value: 2 } },
      { group: { country: null }, other: true, values: { value: 1 } },
    ]);
    expect(valuesOf(top)).toEqual([2, 0, 0, 1, 1, 0]);
  });

  test("a moving average counts the buckets before the range, and its first bucket whole", async () => {
    await publish([
      ["02-28 12:00:00", "order", "a"],
      ["03-01 08:00:00", "order", "a"],
      ["03-02 08:00:00", "order", "a"],
      ["03-02 12:00:00", "order", "a"],
    ]);
    const answer = await ask({ from: "2026-03-02T10:00", window: { kind: "average", buckets: 3 } });
    expect(valuesOf(answer)).toEqual([4 / 3, 1, 2 / 3]);
    expect([answer.from.toISOString(), answer.rows[0]?.partial]).toEqual(["2026-03-01T23:00:00.000Z", false]);
    expect(answer.totals[0]?.values).toEqual({ value: 2 });
  });

  test("differences are as exact as the values, growth from nothing is no number, and a rate knows how long a day is", async () => {
    await publish([
      ["03-02 12:00:00", "order", "a", "DE", 0.1],
      ["03-03 12:00:00", "order", "a", "DE", 0.3],
      ["03-29 12:00:00", "order", "a", "DE", 828],
    ]);
    expect(valuesOf(await ask({ metric: "revenue", transform: "difference" }))).toEqual([0.1, 0.2, -0.3]);
    expect(valuesOf(await ask({ metric: "revenue", transform: "growth" }))).toEqual([null, ((0.3 - 0.1) / 0.1) * 100, -100]);
    const rate = await ask({ metric: "revenue", from: "2026-03-29", to: "2026-03-30", transform: "rate" });
    expect([valuesOf(rate), rate.metrics[0]?.unit]).toEqual([[828 / (23 * 3_600)], "EUR/s"]);
  });

  test("a comparison is by what the clocks show: an hour that they skip has no counterpart", async () => {
    await publish([
      ["03-28 01:30:00", "order", "a"], // 02:30 in Berlin
      ["03-29 01:30:00", "order", "a"], // 03:30, an hour after 01:30
      ["03-30 00:30:00", "order", "a"], // 02:30
      ["03-30 01:30:00", "order", "a"], // 03:30
    ]);
    const now = new Date("2027-01-01T00:00:00Z");
    const answer = await ask({ from: "2026-03-30T01:00", to: "2026-03-30T05:00", grain: "hour", compare: "day", now, ingestedUntil: now });
    expect(
      answer.rows.map(({ compared, values: { value } }) => [value, compared && compared.values["value"], compared?.growth["value"]]),
    ).toEqual([
      [0, 0, null],
      [1, null, undefined],
      [1, 1, 0],
      [0, 0, null],
    ]);
    expect(answer.totals[0]).toMatchObject({
      values: { value: 2 },
      compared: { values: { value: 1 }, difference: { value: 1 }, growth: { value: 100 } },
    });
    const days = await ask({ from: "2026-03-28", to: "2026-04-01", compare: "month", now, ingestedUntil: now });
    expect(days.rows.map(({ compared }) => compared?.start.toISOString() ?? null)).toEqual(["2026-02-27T23:00:00.000Z", null, null, null]);
  });

  test("a part is compared with as much of the other period, and what is still open with nothing", async () => {
    await publish([
      ["03-03 09:00:00", "order", "a"],
      ["03-03 15:00:00", "order", "a"],
      ["03-04 09:00:00", "order", "a"],
    ]);
    const half = { from: "2026-03-04", to: "2026-03-04T12:00", compare: "previous" } as const;
    const known = await ask({ ...half, now: new Date("2026-03-04T11:00:00Z"), ingestedUntil: new Date("2026-03-04T11:00:00Z") });
    expect(known.rows).toMatchObject([
      { state: "open", partial: true, values: { value: 1 }, compared: { values: { value: 1 }, growth: { value: 0 } } },
    ]);
    const behind = await ask({ ...half, now: new Date("2026-03-04T11:00:00Z"), ingestedUntil: new Date("2026-03-04T10:59:00Z") });
    expect(behind.rows).toMatchObject([{ compared: { values: { value: 1 }, growth: { value: null }, difference: { value: null } } }]);
  });

  test("a past state is named by a sequence, several, a time, or a watermark", async () => {
    await publish([
      ["03-02 12:00:00", "order", "a"],
      ["03-02 12:00:00", "order", "a"],
      ["03-02 12:00:00", "order", "a"],
    ]);
    await commitTo(clickhouse, { last: 3, storedTo: "2026-04-01 00:00:00" });
    const total = async (asOf: TrendRequest["asOf"]): Promise<unknown> =>
      (await ask(asOf === undefined ? {} : { asOf })).totals[0]?.values["value"];
    expect(await total(2)).toBe(2);
    expect(await total({ SHOP: 1 })).toBe(1);
    expect(await total({ SHOP: { epoch: 1, seq: 0 } })).toBe(0);
    const at = await ask({ asOf: "2026-04-01T00:00:00Z" });
    expect([at.totals[0]?.values["value"], at.watermark]).toEqual([3, { SHOP: { epoch: 1, seq: 3 } }]);
    await expect(ask({ asOf: { SHIP: 1 } })).rejects.toThrow(new QueryError('"asOf" names the stream "SHIP", and the project has SHOP.'));
  });

  test("words name ranges on the clocks of the zone", async () => {
    await publish([["03-03 22:59:59", "order", "a"]]);
    const now = new Date("2026-03-04T08:00:00Z");
    const yesterday = await trend(clickhouse, project, { metric: "orders", range: "yesterday", grain: "day", now });
    expect([yesterday.from.toISOString(), yesterday.to.toISOString(), valuesOf(yesterday)]).toEqual([
      "2026-03-02T23:00:00.000Z",
      "2026-03-03T23:00:00.000Z",
      [1],
    ]);
  });
});
