import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rejection, useDatabase } from "../../clickhouse/database.test-support.ts";
import { avg, count, defineEvent, defineMetric, defineProject, defineRatio, last, quantiles, sum, uniq } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { commitTo, insertEvents } from "../trends/trend.test-support.ts";
import { anomalies } from "./anomalies.ts";
import { changes } from "./changes.ts";
import { forecast } from "./forecast.ts";
import { movers } from "./movers.ts";
import { seasonality } from "./seasonality.ts";
import { noise } from "./signals.test-support.ts";

const order = defineEvent({ type: "order.placed", data: z.object({ amount: z.number(), country: z.string().optional() }) });
const dimensions = ["country"] as const;
const orders = defineMetric({ name: "orders", event: order, measure: count(), dimensions });
const revenue = defineMetric({ name: "revenue", event: order, measure: sum("amount", { decimals: 2 }), dimensions });
const project = defineProject({
  name: "shop",
  streams: [{ name: "SHOP", subjects: ["shop.>"] }],
  events: [order],
  timezone: "Europe/Berlin",
  metrics: [
    orders,
    revenue,
    defineRatio({ name: "per_order", numerator: revenue, denominator: orders }),
    defineMetric({ name: "basket", event: order, measure: avg("amount"), dimensions }),
    defineMetric({ name: "buyers", event: order, measure: uniq("subject", { exact: true }), dimensions }),
    defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.5]), dimensions }),
    defineMetric({ name: "last_country", event: order, measure: last("country"), dimensions }),
  ],
});

const HOUR = 3_600_000;
/** Berlin, six weeks of hours over the change of the clocks on 29 March 2026: 23 hours that day. */
const FROM = Date.parse("2026-02-28T23:00:00Z");
const HOURS = 24 * 42;
const SPIKE = Date.parse("2026-03-31T10:00:00Z");
const local = new Intl.DateTimeFormat("en", { timeZone: "Europe/Berlin", hour: "numeric", hourCycle: "h23" });
const off = noise(77, HOURS);
/** One order an hour: 100, 400 from 8 to 20 o'clock on the clocks, and noise, in cents; 900 more in the spike. */
const amounts = off.map((wild, index) => {
  const at = FROM + index * HOUR;
  const clock = Number(local.format(at));
  return Math.round(100 * (100 + (clock >= 8 && clock < 20 ? 300 : 0) + 10 * wild + (at === SPIKE ? 900 : 0))) / 100;
});

const sentence = async (promise: Promise<unknown>): Promise<string> => (await rejection<Error>(promise)).message;

const held = useDatabase();
beforeAll(async () => {
  await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
  await insertEvents(
    held.clickhouse,
    amounts.map((amount, index) => ({
      time: (FROM + index * HOUR + 60_000) * 1_000,
      data: { amount, country: index % 3 === 0 ? "AT" : "DE" },
      seq: index + 1,
      subject: `user-${index % 7}`,
    })),
  );
  await commitTo(held.clickhouse, { last: HOURS, storedTo: "2026-04-11 22:00:00" });
});

const asked = { grain: "hour", now: new Date("2026-04-11T22:00:00Z"), ingestedUntil: new Date("2026-04-11T22:00:00Z") } as const;

describe("anomalies", () => {
  it("finds the spike and nothing else, over the change of the clocks, learning from what came before the range", async () => {
    const answer = await anomalies(held.clickhouse, project, {
      metric: "revenue",
      from: "2026-03-29",
      to: "2026-04-05",
      threshold: 5,
      ...asked,
    });
    const [series] = answer.series;
    expect(series).toMatchObject({ group: {}, output: "value", season: { name: "day" } });
    expect(series!.points).toHaveLength(23 + 6 * 24);
    expect(series!.points.filter(({ verdict }) => verdict !== "usual").map(({ start, verdict }) => [start.getTime(), verdict])).toEqual([
      [SPIKE, "high"],
    ]);
    const nine = series!.points.filter(({ start }) => local.format(start) === "09");
    for (const { expected } of nine) expect(Math.abs(expected! - 400)).toBeLessThan(20);
    expect(answer.watermark).toEqual({ SHOP: { epoch: 1, seq: HOURS } });
  });

  it("expects what ClickHouse works out from the same definition", async () => {
    const answer = await anomalies(held.clickhouse, project, {
      metric: "revenue",
      from: "2026-03-01",
      to: "2026-04-12",
      season: "none",
      history: 0,
      ...asked,
    });
    const rows = await held.clickhouse.rows<{ expected: number | null; score: number | null }>({
      name: "Judge",
      sql: `WITH hourly AS (SELECT toStartOfHour(time) AS h, sum(toInt64(round(data.amount::Float64 * 100))) / 100 AS v FROM events WHERE time < '2026-04-11 22:00:00' GROUP BY h),
          levels AS (SELECT h, v, quantileExactInclusive(0.5)(v) OVER w AS level, count() OVER w AS n FROM hourly
            WINDOW w AS (ORDER BY h ROWS BETWEEN 24 PRECEDING AND 1 PRECEDING)),
          misses AS (SELECT h, v, level, (n + 1) / 2 AS lag, v - level AS miss FROM levels WHERE n >= 8),
          (SELECT quantileExactInclusive(0.5)(miss / lag) FROM misses) AS drift,
          (SELECT quantileExactInclusive(0.5)(miss - drift * lag) FROM misses) AS middle,
          (SELECT 1.482602218505602 * quantileExactInclusive(0.5)(abs(miss - drift * lag - middle)) FROM misses) AS sigma
        SELECT level + drift * lag AS expected, (miss - drift * lag) / sigma AS score FROM misses ORDER BY h`,
    });
    const judged = answer.series[0]!.points.filter(({ expected }) => expected !== null);
    expect(judged).toHaveLength(rows.length);
    expect(rows.length).toBeGreaterThan(900);
    judged.forEach(({ expected, score }, index) => {
      expect(expected).toBeCloseTo(rows[index]!.expected!, 6);
      expect(score).toBeCloseTo(rows[index]!.score!, 6);
    });
  });

  it("takes a ratio, and words for the range", async () => {
    const days = { grain: "day", now: asked.now, ingestedUntil: asked.now };
    const said = await anomalies(held.clickhouse, project, { metric: "per_order", range: "last week", ...days });
    const dated = await anomalies(held.clickhouse, project, { metric: "basket", from: "2026-03-30", to: "2026-04-06", ...days });
    expect(said.series[0]!.points.map(({ start }) => start)).toEqual(dated.series[0]!.points.map(({ start }) => start));
    for (const [index, { expected, value }] of said.series[0]!.points.entries()) {
      expect(value).toBeCloseTo(dated.series[0]!.points[index]!.value!, 9);
      expect(expected).toBeCloseTo(dated.series[0]!.points[index]!.expected!, 9);
    }
  });

  it("never calls an open bucket, and one in which a group falls silent", async () => {
    const now = new Date("2026-04-12T06:30:00Z");
    const answer = await anomalies(held.clickhouse, project, {
      metric: "basket",
      from: "2026-04-11",
      to: "2026-04-13",
      ...asked,
      now,
      ingestedUntil: now,
    });
    const after = answer.series[0]!.points.filter(({ state, value }) => state === "open" || value === null);
    expect(after.length).toBeGreaterThan(20);
    expect(after.every(({ score, verdict }) => verdict === "unknown" && score === null)).toBe(true);
    const silent = await anomalies(held.clickhouse, project, {
      metric: "revenue",
      grain: "3 hours",
      from: "2026-04-12",
      to: "2026-04-13",
      groupBy: ["country"],
      season: "none",
      now,
      ingestedUntil: now,
    });
    expect(silent.series.map(({ group }) => group["country"])).toEqual(["AT", "DE"]);
  });
});

describe("changes and forecast", () => {
  it("find no change in a season, and foretell the season", async () => {
    const request = { metric: "revenue", from: "2026-03-01", to: "2026-04-12", ...asked };
    expect((await changes(held.clickhouse, project, request)).series).toMatchObject([{ changes: [], season: { name: "day" } }]);
    const told = await forecast(held.clickhouse, project, { ...request, horizon: 24, level: 0.8 });
    const { forecast: series } = told.series[0]!;
    expect(series.points[0]!.start).toEqual(new Date("2026-04-11T22:00:00Z"));
    for (const { end, high, low, start, value } of series.points) {
      const clock = Number(local.format(start));
      expect(end.getTime() - start.getTime()).toBe(HOUR);
      expect(Math.abs(value! - (clock >= 8 && clock < 20 ? 400 : 100))).toBeLessThan(25);
      expect(low! <= value! && value! <= high!).toBe(true);
    }
    expect(series.coverage).toBeGreaterThan(0.6);
    expect(series.backTests[0]!.mae).toBeLessThan(20);
  });

  it("refuse what makes no sense in a sentence", async () => {
    const request = { metric: "revenue", from: "2026-03-01", to: "2026-03-03", ...asked };
    expect(await sentence(anomalies(held.clickhouse, project, { ...request, metric: "last_country" }))).toMatch(/needs numbers/);
    expect(await sentence(anomalies(held.clickhouse, project, { ...request, threshold: -1 }))).toMatch(/"threshold" is -1/);
    expect(await sentence(anomalies(held.clickhouse, project, { ...request, season: "year" }))).toMatch(
      /have no season of a year: they have day or week/,
    );
    expect(await sentence(forecast(held.clickhouse, project, { ...request, horizon: 0 }))).toMatch(/"horizon" is 0/);
    expect(
      await sentence(changes(held.clickhouse, project, { ...request, grain: "minute", from: "2026-03-01", to: "2026-03-10" })),
    ).toMatch(/10,000 buckets at most/);
    expect(await sentence(movers(held.clickhouse, project, { ...request, groupBy: [] }))).toMatch(/at least one dimension/);
    expect(await sentence(movers(held.clickhouse, project, { ...request, groupBy: ["county"] }))).toMatch(/did you mean "country"/);
    expect(
      await sentence(
        movers(held.clickhouse, project, { ...request, groupBy: ["country"], before: { from: "2026-03-02", to: "2026-03-04" } }),
      ),
    ).toMatch(/overlap/);
    expect(await sentence(movers(held.clickhouse, project, { ...request, metric: "per_order", groupBy: ["country"] }))).toMatch(
      /"per_order" is worked out from other metrics/,
    );
    expect(await sentence(movers(held.clickhouse, project, { ...request, metric: "last_country", groupBy: ["country"] }))).toMatch(
      /are text/,
    );
  });
});

const within = (index: number, from: string, to: string): boolean => {
  const at = FROM + index * HOUR;
  return at >= Date.parse(from) && at < Date.parse(to);
};

const cents = (country: string | undefined, from: string, to: string): number =>
  amounts.reduce(
    (total, amount, index) =>
      total +
      (within(index, from, to) && (country === undefined || (index % 3 === 0) === (country === "AT")) ? Math.round(amount * 100) : 0),
    0,
  ) / 100;

describe("movers", () => {
  const periods = { from: "2026-03-29", to: "2026-04-05", before: { from: "2026-03-20", to: "2026-03-27" }, groupBy: ["country"] };
  const now = ["2026-03-28T23:00Z", "2026-04-04T22:00Z"] as const;
  const before = ["2026-03-19T23:00Z", "2026-03-26T23:00Z"] as const;

  it("add up to the change of the total, exactly", async () => {
    const answer = await movers(held.clickhouse, project, { metric: "revenue", ...periods });
    expect(answer.total).toMatchObject({ before: cents(undefined, ...before), now: cents(undefined, ...now) });
    for (const { before: then, group, now: since } of answer.movers) {
      expect([then, since]).toEqual([cents(String(group["country"]), ...before), cents(String(group["country"]), ...now)]);
    }
    expect(answer.movers).toHaveLength(2);
    expect(answer.movers.reduce((total, { contribution }) => total + contribution!, 0)).toBeCloseTo(1, 9);
    const filtered = await movers(held.clickhouse, project, { metric: "orders", ...periods, filter: { country: "AT" } });
    expect(filtered.movers).toMatchObject([
      { group: { country: "AT" }, before: 56, now: 56, difference: 0, growth: 0, contribution: null },
    ]);
    const spike = await movers(held.clickhouse, project, { metric: "orders", ...periods, filter: { amount: { gt: 1_000 } } });
    expect(spike.total).toMatchObject({ before: 0, now: 1 });
  });

  it("count what is distinct once in a period, and give it no contribution", async () => {
    const answer = await movers(held.clickhouse, project, { metric: "buyers", ...periods });
    expect(answer).toMatchObject({ adds: false, total: { before: 7, now: 7, difference: 0 } });
    expect(answer.movers.map(({ before: then, contribution, now: since }) => [then, since, contribution])).toEqual([
      [7, 7, null],
      [7, 7, null],
    ]);
    const none = await movers(held.clickhouse, project, { metric: "spread", ...periods, asOf: {} });
    expect(none).toMatchObject({ movers: [], total: { before: null, now: null, difference: null } });
  });
});

describe("seasonality", () => {
  const range = { from: "2026-03-01", to: "2026-04-12", ...asked };

  it("finds the day of the clocks over their change, for the total, each group, a ratio and a count without one", async () => {
    const total = await seasonality(held.clickhouse, project, { metric: "revenue", ...range });
    const [day, ...others] = total.series[0]!.periods;
    expect(day).toMatchObject({ buckets: 24, season: "day", cycles: 42 });
    expect(day!.strength).toBeGreaterThan(0.95);
    expect(others).toEqual([]);
    expect(total).toMatchObject({ metric: "revenue", falseAlarms: 0.01, watermark: { SHOP: { epoch: 1, seq: HOURS } } });
    const ratio = await seasonality(held.clickhouse, project, { metric: "per_order", ...range });
    expect(ratio.series[0]!.periods[0]).toMatchObject({ buckets: 24 });
    // One order an hour: nothing changes, so nothing repeats.
    expect((await seasonality(held.clickhouse, project, { metric: "orders", ...range })).series[0]!.periods).toEqual([]);
    // Every third order is from Austria.
    const grouped = await seasonality(held.clickhouse, project, { metric: "orders", groupBy: ["country"], ...range });
    expect(grouped.series.map(({ group, periods }) => [group["country"], periods[0]?.buckets])).toEqual([
      ["AT", 3],
      ["DE", 3],
    ]);
  });

  it("refuses what makes no sense in a sentence", async () => {
    expect(await sentence(seasonality(held.clickhouse, project, { metric: "revenue", ...range, falseAlarms: 1 }))).toBe(
      '"falseAlarms" is 1: write a number from 0.0001 to 0.2.',
    );
    expect(await sentence(seasonality(held.clickhouse, project, { metric: "last_country", ...range }))).toContain("needs numbers");
    expect(await sentence(seasonality(held.clickhouse, project, { metric: "revenue", ...range, grain: "5 minutes" }))).toContain(
      "Periods are looked for in 10,000 buckets at most",
    );
  });
});
