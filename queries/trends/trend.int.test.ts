import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { BASE_TABLES, connectClickHouse, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import { avg, count, defineEvent, defineMetric, defineProject, last, max, quantiles, sum, uniq } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { QueryError } from "../query-error.ts";
import { trend } from "./trend.ts";
import type { TrendAnswer } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";
import { commitTo, insertEvents } from "./trend.test-support.ts";

const order = defineEvent({
  type: "order.placed",
  data: z.object({ amount: z.number(), items: z.int(), country: z.string().optional(), gift: z.boolean().optional() }),
});
const metrics = [
  defineMetric({ name: "orders", event: order, measure: count(), dimensions: ["country", "gift", "items", "amount"] }),
  defineMetric({
    name: "revenue",
    event: order,
    measure: sum("amount", { decimals: 2 }),
    dimensions: ["country"],
    unit: "EUR",
    description: "Sold",
  }),
  defineMetric({ name: "basket", event: order, measure: avg("amount"), dimensions: ["country"] }),
  defineMetric({ name: "largest", event: order, measure: max("amount") }),
  defineMetric({ name: "buyers", event: order, measure: uniq("subject") }),
  defineMetric({ name: "sizes", event: order, measure: uniq("items") }),
  defineMetric({ name: "prices", event: order, measure: uniq("amount") }),
  defineMetric({ name: "shops", event: order, measure: uniq("source") }),
  defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.5, 0.95]) }),
  defineMetric({ name: "last_country", event: order, measure: last("country") }),
];
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  metrics,
  timezone: "Europe/Berlin",
});

/** An order, at a UTC time of 2026. */
interface Order {
  readonly at: string;
  readonly data: Record<string, unknown>;
  readonly subject?: string;
}

const values = (answer: TrendAnswer, output = "value"): unknown[] => answer.rows.map((row) => row.values[output]);

describe("trend", () => {
  const database = `trend_${process.pid}_${Date.now()}`;
  let server: ClickHouse;
  let clickhouse: ClickHouse;
  let seq = 0;

  const filled = async (metric: string, fill?: TrendRequest["fill"]): Promise<unknown[]> =>
    values(await ask({ metric, from: "2026-03-27", to: "2026-04-01", ...(fill ? { fill } : {}) }), metric === "spread" ? "p50" : "value");
  const states = async (request: Partial<TrendRequest>): Promise<string[]> => (await ask(request)).rows.map(({ state }) => state);
  const ask = (request: Partial<TrendRequest>): Promise<TrendAnswer> =>
    trend(clickhouse, project, { metric: "orders", from: "2026-03-28", to: "2026-03-31", grain: "day", ...request });

  async function publish(orders: readonly Order[]): Promise<void> {
    await insertEvents(
      clickhouse,
      orders.map(({ at, ...rest }) => ({ ...rest, time: `2026-${at}`, seq: (seq += 1) })),
    );
  }

  beforeAll(async () => {
    server = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
    clickhouse = server.inDatabase(database);
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  });
  beforeEach(async () => {
    seq = 0;
    for (const name of [...BASE_TABLES.map((table) => table.name), ...metrics.map((metric) => rollupTable(metric).name)]) {
      if (name !== "rollup_versions") await clickhouse.command({ name: "Empty", sql: `TRUNCATE TABLE ${name}` });
    }
  });
  afterAll(async () => {
    await server.command({ name: "Drop", sql: `DROP DATABASE ${database}` });
    await Promise.all([clickhouse.close(), server.close()]);
  });

  test("a day of 23 hours counts what its clocks show, from the rollup", async () => {
    await publish([
      { at: "03-28 22:59:59.999999", data: { amount: 1 } },
      { at: "03-28 23:00:00", data: { amount: 2 } },
      { at: "03-29 21:59:59.999999", data: { amount: 4 } },
      { at: "03-29 22:00:00", data: { amount: 8 } },
    ]);
    const answer = await ask({ metric: "revenue" });
    expect(
      answer.rows.map(({ start, end, partial, group, values: { value } }) => [
        start.toISOString(),
        end.toISOString(),
        partial,
        group,
        value,
      ]),
    ).toEqual([
      ["2026-03-27T23:00:00.000Z", "2026-03-28T23:00:00.000Z", false, {}, 1],
      ["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z", false, {}, 6],
      ["2026-03-29T22:00:00.000Z", "2026-03-30T22:00:00.000Z", false, {}, 8],
    ]);
    expect(answer).toMatchObject({
      metrics: [{ name: "revenue", unit: "EUR", description: "Sold", outputs: ["value"], adds: true }],
      timezone: "Europe/Berlin",
      grain: "day",
      outputs: ["value"],
    });
    expect(answer.sources).toEqual([
      {
        metric: "revenue",
        kind: "rollup",
        table: rollupTable(metrics[1]!).name,
        why: "The rollup of 1 minute is complete and its rows fit into the buckets.",
      },
    ]);
    expect(values(await ask({ metric: "revenue", source: "raw" }))).toEqual([1, 6, 8]);
  });

  test("every bucket of every series is there, ordered by time and then by value, null last", async () => {
    await publish([
      { at: "03-28 12:00:00", data: { amount: 1, country: "DE" } },
      { at: "03-28 12:00:00", data: { amount: 1, country: "DE", gift: true } },
      { at: "03-30 12:00:00", data: { amount: 1 } },
      { at: "03-30 12:00:00", data: { amount: 1, country: "AT" } },
    ]);
    const { rows } = await ask({ groupBy: ["country"] });
    expect(rows.map(({ start, group, values: { value } }) => [start.getUTCDate(), group["country"], value])).toEqual([
      [27, "AT", 0],
      [27, "DE", 2],
      [27, null, 0],
      [28, "AT", 0],
      [28, "DE", 0],
      [28, null, 0],
      [29, "AT", 1],
      [29, "DE", 0],
      [29, null, 1],
    ]);
    expect((await ask({ groupBy: ["country"], filter: { country: "XX" } })).rows).toEqual([]);
    expect(values(await ask({ filter: { country: "XX" } }))).toEqual([0, 0, 0]);
  });

  test("filters by value, by several, by null, by every type, and reads text as text", async () => {
    const nasty = "it's {x:String} \\ \n\t`\"; DROP TABLE events --";
    await publish([
      { at: "03-28 12:00:00", data: { amount: 1.5, items: 9007199254740993n.toString(), country: nasty, gift: true } },
      { at: "03-28 13:00:00", data: { amount: 1, items: 2, country: "DE", gift: false } },
      { at: "03-28 14:00:00", data: { amount: 2, items: 3 } },
    ]);
    for (const source of ["auto", "raw"] as const) {
      const total = async (filter: TrendRequest["filter"]): Promise<unknown> =>
        values(await ask({ source, to: "2026-03-29", ...(filter ? { filter } : {}) }))[0];
      expect(await total(undefined)).toBe(3);
      expect(await total({ country: nasty })).toBe(1);
      expect(await total({ country: [nasty, "DE"] })).toBe(2);
      expect(await total({ country: null })).toBe(1);
      expect(await total({ country: ["DE", null] })).toBe(2);
      expect(await total({ gift: true })).toBe(1);
      expect(await total({ gift: [true, false] })).toBe(2);
      expect(await total({ items: [2, 3] })).toBe(2);
      expect(await total({ amount: 1.5 })).toBe(1);
      expect(await total({ amount: [1, 2], gift: null })).toBe(1);
      const { rows } = await ask({ source, to: "2026-03-29", groupBy: ["country", "gift", "items", "amount"] });
      expect(rows.map(({ group }) => group)).toEqual([
        { country: "DE", gift: false, items: 2, amount: 1 },
        { country: nasty, gift: true, items: null, amount: 1.5 },
        { country: null, gift: null, items: 3, amount: 2 },
      ]);
    }
  });

  test("a range that cuts buckets counts what lies in it, says so, and takes the ends from the raw events", async () => {
    await publish([
      { at: "03-28 09:59:59.999999", data: { amount: 1 } },
      { at: "03-28 10:00:00.000001", data: { amount: 2 } },
      { at: "03-28 10:00:59", data: { amount: 4 } },
      { at: "03-28 11:00:00", data: { amount: 8 } },
      { at: "03-29 11:30:30", data: { amount: 16 } },
      { at: "03-29 11:30:30.000001", data: { amount: 32 } },
    ]);
    const range = { from: "2026-03-28T10:00:00.000001Z", to: "2026-03-29T11:30:30.000001Z" };
    const answer = await ask({ metric: "revenue", ...range });
    expect(answer.rows.map(({ partial, values: { value } }) => [partial, value])).toEqual([
      [true, 14],
      [true, 16],
    ]);
    expect(answer.sources[0]?.kind).toBe("mixed");
    expect(values(await ask({ metric: "revenue", ...range, source: "raw" }))).toEqual([14, 16]);
    const seconds = await ask({ metric: "revenue", ...range, to: "2026-03-28T10:01:00Z", grain: "30 seconds" });
    expect(seconds.sources[0]?.kind).toBe("raw");
    expect(seconds.sources[0]?.why).toContain("do not fit");
    expect(values(seconds)).toEqual([2, 4]);
    expect((await ask({ ...range, to: "2026-03-28T10:00:30Z" })).sources[0]?.why).toContain("no whole row");
  });

  test("buckets without events: 0 for counts and sums, null for the others, or as asked", async () => {
    await publish([
      { at: "03-28 12:00:00", data: { amount: 10, country: "DE" }, subject: "a" },
      { at: "03-30 12:00:00", data: { amount: 20 }, subject: "b" },
    ]);
    expect(await filled("orders")).toEqual([0, 1, 0, 1, 0]);
    expect(await filled("revenue")).toEqual([0, 10, 0, 20, 0]);
    expect(await filled("buyers")).toEqual([0, 1, 0, 1, 0]);
    expect(await filled("basket")).toEqual([null, 10, null, 20, null]);
    expect(await filled("largest")).toEqual([null, 10, null, 20, null]);
    expect(await filled("last_country")).toEqual([null, "DE", null, null, null]);
    expect(await filled("revenue", "none")).toEqual([null, 10, null, 20, null]);
    expect(await filled("basket", "zero")).toEqual([0, 10, 0, 20, 0]);
    expect(await filled("basket", "previous")).toEqual([null, 10, 10, 20, 20]);
    expect(await filled("last_country", "previous")).toEqual([null, "DE", "DE", "DE", "DE"]);
    // 30 March starts 47 hours after 28 March: the 29th has 23.
    expect(await filled("basket", "linear")).toEqual([null, 10, 10 + (10 * 24) / 47, 20, null]);
    expect((await filled("spread")).map((value) => typeof value)).toEqual(["object", "number", "object", "number", "object"]);
  });

  test("a quantile is as accurate as the metric says, for values of any size and sign", async () => {
    const amounts = [1e-9, 0.001, 0.11, 0.5, 0.887, 0.999, 1, 1.5, 1_234.5, 1e12, 1e300].flatMap((amount) => [amount, -amount]);
    await publish(amounts.map((amount, index) => ({ at: `03-28 12:${index + 10}:00`, data: { amount } })));
    for (const source of ["auto", "raw"] as const) {
      const { rows } = await ask({ metric: "spread", source, from: "2026-03-28T12:10:00Z", to: "2026-03-28T12:32:00Z", grain: "minute" });
      const off = rows.map((row, index) => Math.abs(Number(row.values["p50"]) / amounts[index]! - 1));
      expect(off.slice(0, -2).filter((error) => error > 0.0100001)).toEqual([]);
      // Values beyond 1e288 count as that.
      expect(rows.slice(-2).map((row) => Math.sign(Number(row.values["p50"])))).toEqual([1, -1]);
      expect(rows.map((row) => Number.isFinite(row.values["p50"]))).toEqual(amounts.map(() => true));
    }
  });

  test("distinct values too many to keep are estimated alike by rollup and raw events, within 1 %", async () => {
    await publish(
      Array.from({ length: 60_000 }, (_, index) => ({
        at: `03-28 ${10 + (index % 10)}:00:00`,
        data: { amount: index / 8, items: index },
        subject: `user-${index}`,
      })),
    );
    for (const metric of ["sizes", "prices", "buyers"]) {
      const [fromRollup, fromRaw] = [values(await ask({ metric })), values(await ask({ metric, source: "raw" }))];
      expect(fromRollup).toEqual(fromRaw);
      expect(Math.abs(Number(fromRollup[0]) - 60_000)).toBeLessThan(600);
    }
    expect(values(await ask({ metric: "shops" }))).toEqual([1, 0, 0]);
  });

  test("an answer of too many rows is refused before it is built", async () => {
    await publish(Array.from({ length: 60 }, (_, index) => ({ at: "03-28 12:00:00", data: { amount: index } })));
    const sentence =
      "The answer has more than 250,000 rows: choose a coarser grain, a shorter range, a number of top groups, or a filter on what is grouped by.";
    await expect(ask({ groupBy: ["amount"], grain: "minute" })).rejects.toThrow(new QueryError(sentence));
    expect((await ask({ groupBy: ["amount"], grain: "minute", filter: { amount: 7 } })).rows).toHaveLength(71 * 60);
  });

  test("a bucket is open until it is over and ingested, then provisional, then final", async () => {
    const now = new Date("2026-03-29T22:30:00Z");
    expect(await states({ now })).toEqual(["open", "open", "open"]);
    await commitTo(clickhouse, { last: 3, storedTo: "2026-04-01 00:00:00" });
    expect(await states({ now })).toEqual(["final", "provisional", "open"]);
    expect(await states({ now: new Date("2026-03-29T23:00:00Z") })).toEqual(["final", "final", "open"]);
    expect(await states({ now: new Date("2026-03-29T22:00:00Z") })).toEqual(["final", "provisional", "open"]);
    expect(await states({ now: new Date("2026-03-29T21:59:59.999Z") })).toEqual(["final", "open", "open"]);
    expect(await states({ now, ingestedUntil: new Date("2026-03-29T00:00:00Z") })).toEqual(["final", "open", "open"]);
    expect(await states({ now: new Date("2027-01-01T00:00:00Z") })).toEqual(["final", "final", "final"]);
    expect(await states({ now: new Date("2027-01-01T00:00:00Z"), asOf: { SHOP: { epoch: 1, seq: 2 } } })).toEqual(["open", "open", "open"]);
  });

  test("a bucket is final only once every stream of the project is ingested, and of no other", async () => {
    const now = new Date("2027-01-01T00:00:00Z");
    const [open, final] = [
      ["open", "open", "open"],
      ["final", "final", "final"],
    ];
    const statesOf = async (...streams: string[]): Promise<string[]> => {
      const declared = { ...project, streams: streams.map((name) => ({ name, subjects: [`${name}.>`] })) };
      const { rows } = await trend(clickhouse, declared, { metric: "orders", from: "2026-03-28", to: "2026-03-31", grain: "day", now });
      return rows.map(({ state }) => state);
    };
    await commitTo(clickhouse, { stream: "OLD", last: 5, storedTo: "2026-01-01 00:00:00" });
    expect(await statesOf("SHOP")).toEqual(open);
    await commitTo(clickhouse, { last: 3, storedTo: "2026-04-01 00:00:00" });
    expect(await statesOf("SHOP")).toEqual(final);
    expect(await statesOf("SHOP", "WEB")).toEqual(open);
    expect(await statesOf()).toEqual(open);
    await commitTo(clickhouse, { stream: "WEB", last: 1, storedTo: "2026-03-29 22:00:00" });
    expect(await statesOf("SHOP", "WEB")).toEqual(["final", "provisional", "open"]);
    // Sequences that were gone before they were read have no store time.
    await commitTo(clickhouse, { last: 9, storedTo: "1970-01-01 00:00:00", received: 0 });
    expect(await statesOf("SHOP")).toEqual(final);
    // The stream was deleted and made again: its sequences begin anew.
    await commitTo(clickhouse, { epoch: 2, last: 1, storedTo: "2026-04-02 00:00:00" });
    const { watermark } = await ask({ now });
    expect(watermark).toEqual({ OLD: { epoch: 1, seq: 5 }, SHOP: { epoch: 2, seq: 1 }, WEB: { epoch: 1, seq: 1 } });
    expect((await ask({ now, asOf: watermark })).watermark).toEqual(watermark);
    await expect(ask({ asOf: { SHIP: { epoch: 1, seq: 1 } } })).rejects.toThrow(
      new QueryError('"asOf" names the stream "SHIP", and the project has SHOP.'),
    );
    // All that was ever read of a stream was gone: nobody knows what waits in it.
    await commitTo(clickhouse, { stream: "GONE", last: 4, storedTo: "1970-01-01 00:00:00", received: 0 });
    expect(await statesOf("SHOP", "GONE")).toEqual(open);
    expect((await ask({ now })).watermark).toEqual({ GONE: { epoch: 1, seq: 4 }, ...watermark });
  });

  test("as of a watermark the answer is the same after later events", async () => {
    await publish([
      { at: "03-28 12:00:00", data: { amount: 1 } },
      { at: "03-29 12:00:00", data: { amount: 2 } },
    ]);
    await commitTo(clickhouse, { last: 2, storedTo: "2026-04-01 00:00:00" });
    const before = await ask({ metric: "revenue" });
    expect(before.watermark).toEqual({ SHOP: { epoch: 1, seq: 2 } });
    await publish([{ at: "03-28 13:00:00", data: { amount: 4 } }]);
    await commitTo(clickhouse, { last: 3, storedTo: "2026-04-02 00:00:00" });
    const after = await ask({ metric: "revenue", asOf: before.watermark });
    expect(values(after)).toEqual(values(before));
    expect(after).toMatchObject({ watermark: before.watermark, sources: [{ kind: "raw" }] });
    const live = await ask({ metric: "revenue" });
    expect([values(live), live.watermark]).toEqual([[5, 2, 0], { SHOP: { epoch: 1, seq: 3 } }]);
    expect(values(await ask({ metric: "revenue", asOf: {} }))).toEqual([0, 0, 0]);
  });

  test("reads raw events while the rollup lacks history or its view is gone", async () => {
    const extra = defineMetric({ name: "late", event: order, measure: count() });
    const bigger = { ...project, metrics: [...metrics, extra] };
    const source = async (): Promise<string[]> => {
      const answer = await trend(clickhouse, bigger, { metric: "late", from: "2026-03-28", to: "2026-03-31", grain: "day" });
      return [String(answer.sources[0]?.kind), String(answer.sources[0]?.why), String(values(answer))];
    };
    await publish([{ at: "03-28 12:00:00", data: { amount: 1 } }]);
    const { name, viewName } = rollupTable(extra);
    expect(await source()).toEqual(["raw", `There is no rollup ${name} yet: "hydrograph migrate" makes it.`, "1,0,0"]);
    await applyPlan(await migrationPlan(bigger, clickhouse), clickhouse);
    expect(await source()).toEqual([
      "raw",
      `The rollup ${name} lacks events from before it was made: "hydrograph rebuild late" fills it.`,
      "1,0,0",
    ]);
    await clickhouse.command({ name: "Declare", sql: `INSERT INTO rollup_versions SELECT 'late', '${name}', true, now64(6, 'UTC')` });
    expect((await source())[0]).toBe("rollup");
    await clickhouse.command({ name: "Drop", sql: `DROP VIEW ${viewName} SYNC` });
    expect(await source()).toEqual(["raw", `The view that feeds ${name} is gone: "hydrograph migrate" makes it again.`, "1,0,0"]);
  });
});
