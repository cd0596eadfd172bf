import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import {
  avg,
  count,
  defineEvent,
  defineMetric,
  defineProject,
  first,
  fixedGrainMs,
  grainOf,
  gridEdges,
  last,
  max,
  min,
  quantiles,
  sum,
  uniq,
  type Metric,
} from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { oracleTrend, type OracleTrendRow } from "../../tests/oracles/trend.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import { isWithinAccuracy, type QuantileBounds } from "../../tests/oracles/measure.ts";
import { insertEvents } from "./trend.test-support.ts";
import { trend } from "./trend.ts";
import type { DimensionValue } from "../filter/filter.ts";
import type { TrendAnswer } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";

const order = defineEvent({
  type: "order.placed",
  data: z
    .object({ amount: z.number(), items: z.int(), country: z.string(), gift: z.boolean(), type: z.string(), rate: z.number() })
    .partial(),
});
const dimensions = ["country", "gift", "items", "type", "rate", "source"] as const;
const metrics = [
  defineMetric({ name: "orders", event: order, measure: count(), dimensions }),
  defineMetric({ name: "revenue", event: order, measure: sum("amount", { decimals: 2 }), dimensions }),
  defineMetric({ name: "items_sold", event: order, measure: sum("items"), dimensions, grain: "15 minutes" }),
  defineMetric({ name: "basket", event: order, measure: avg("amount", { decimals: 2 }), dimensions }),
  defineMetric({ name: "smallest", event: order, measure: min("amount"), dimensions }),
  defineMetric({ name: "largest", event: order, measure: max("items"), dimensions, grain: "1 hour" }),
  defineMetric({ name: "buyers", event: order, measure: uniq("subject"), dimensions }),
  defineMetric({ name: "countries", event: order, measure: uniq("country", { exact: true }), dimensions: ["gift"] }),
  defineMetric({ name: "spread", event: order, measure: quantiles("amount", [0.1, 0.5, 0.99]), dimensions }),
  defineMetric({ name: "first_country", event: order, measure: first("country"), dimensions }),
  defineMetric({ name: "last_amount", event: order, measure: last("amount"), dimensions, grain: "10 seconds" }),
];
const project = defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"] }], events: [order], metrics });

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
/** Around the changes of the clocks in Berlin (29 March 2026, 01:00 UTC) and on Lord Howe Island (4 April 2026, 15:00 UTC). */
const CENTRES = [Date.UTC(2026, 2, 29, 1) * 1_000, Date.UTC(2026, 3, 4, 15) * 1_000];

/** A moment near a change, often on the edge of a minute or an hour, or a microsecond off it. */
const moment = fc
  .tuple(
    fc.constantFrom(...CENTRES),
    fc.integer({ min: -36 * HOUR, max: 36 * HOUR }),
    fc.constantFrom(1, 10_000_000, MINUTE, HOUR),
    fc.constantFrom(-1, 0, 0, 1),
  )
  .map(([centre, away, unit, off]) => Math.floor((centre + away) / unit) * unit + off);
const cents = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => value / 100);
const data = fc.record(
  {
    amount: fc.oneof({ weight: 8, arbitrary: cents }, fc.constantFrom<unknown>(0, null, "12", true)),
    items: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -5, max: 5 }) }, fc.constantFrom<unknown>(null, 1.5, "3", 2 ** 30)),
    country: fc.constantFrom<unknown>("DE", "AT", "", "Ü'\\", null, 7),
    gift: fc.constantFrom<unknown>(true, false, "yes"),
    type: fc.constantFrom("a", "b"),
    rate: fc.constantFrom<unknown>(0.5, -0, 0, 1, null),
  },
  { requiredKeys: [] },
);
const event = fc.record({
  time: moment,
  data,
  type: fc.constantFrom("order.placed", "order.placed", "order.placed", "order.seen"),
  source: fc.constantFrom("web", "app"),
  subject: fc.integer({ min: 1, max: 30 }).map((user) => `user-${user}`),
});
const request = fc.record({
  metric: fc.constantFrom(...metrics.map(({ name }) => name)),
  from: moment,
  hours: fc.integer({ min: 1, max: 300 }),
  grain: fc.constantFrom(
    "10 seconds",
    "minute",
    "5 minutes",
    "7 minutes",
    "30 minutes",
    "hour",
    "2 hours",
    "6 hours",
    "day",
    "3 days",
    "week",
    "month",
    "quarter",
    "year",
  ),
  timezone: fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York"),
  groupBy: fc.subarray([...dimensions], { maxLength: 3 }),
  filter: fc.record(
    {
      country: fc.subarray<DimensionValue>(["DE", "AT", "Ü'\\", null], { minLength: 1 }),
      gift: fc.constantFrom<DimensionValue>(true, false, null),
      rate: fc.constantFrom<DimensionValue>(0, 0.5, null),
      items: fc.subarray<DimensionValue>([1, 2, null], { minLength: 1 }),
    },
    { requiredKeys: [] },
  ),
});

type AnyRequest = typeof request extends fc.Arbitrary<infer R> ? R : never;
type AnyEvent = typeof event extends fc.Arbitrary<infer E> ? E : never;
type PlacedEvent = AnyEvent & { readonly seq: number };
type Asked = ReturnType<typeof toRequest>;
const FIELD_TYPES: Readonly<Record<string, string>> = {
  amount: "number",
  country: "string",
  gift: "boolean",
  type: "string",
  rate: "number",
};

/** Keeps a request to what its metric can be asked, and the answer below some thousand buckets. */
function toRequest({ metric: name, from, hours, grain, groupBy, filter, timezone }: AnyRequest) {
  const metric = metrics.find((one) => one.name === name)! as Metric;
  const allowed = (ref: string): boolean => metric.dimensions.some((dimension) => dimension === ref);
  const length = grain === "10 seconds" ? Math.min(hours, 5) : grain.includes("minute") ? Math.min(hours, 24) : hours;
  return {
    metric,
    from,
    to: from + length * HOUR,
    grain,
    timezone,
    groupBy: groupBy.filter(allowed) as string[],
    filter: Object.fromEntries(Object.entries(filter).filter(([ref]) => allowed(ref))) as NonNullable<TrendRequest["filter"]>,
  };
}

const shown = ({ rows }: TrendAnswer): unknown[] =>
  rows.map(({ start, end, partial, group, values }) => ({
    start: start.getTime() * 1_000,
    end: end.getTime() * 1_000,
    partial,
    group,
    values,
  }));

/** What an event counts as: values of another type than declared are as good as absent. */
function toOracle({ time, data: fields, type, source, subject, seq }: PlacedEvent): OracleEvent {
  const kept = Object.entries(fields).filter(([name, value]) =>
    name === "items" ? Number.isInteger(value) : typeof value === FIELD_TYPES[name],
  );
  const place = { stream: "SHOP", epoch: 1, seq, idx: 0, known_at: time, id: String(seq) };
  return { ...place, time, type, source, subject, data: Object.fromEntries(kept) };
}

/** The count by hand. Its grid leaves out edges that the clocks jump over within a day, so there it gets ours; days and longer are its own. */
function byHand(events: readonly PlacedEvent[], asked: Asked): OracleTrendRow[] {
  const { metric, from, to, grain, timezone, groupBy, filter } = asked;
  const parsed = grainOf(grain);
  const edges = gridEdges({ from, to, grain: parsed, timezone });
  const buckets = edges.slice(0, -1).map((start, index) => ({ start, end: edges[index + 1]! }));
  const wanted = Object.fromEntries(Object.entries(filter).map(([ref, value]) => [ref, Array.isArray(value) ? value : [value]]));
  const ours = fixedGrainMs(parsed) === undefined ? {} : { buckets };
  return oracleTrend(events.map(toOracle), metric, { from, to, grain, zone: timezone, groupBy, filter: wanted, ...ours });
}

/** Answer and count by hand in one shape; a quantile within its bounds becomes the word "within". */
function compare(answer: TrendAnswer, expected: readonly OracleTrendRow[], groupBy: readonly string[]): [unknown, unknown] {
  const hand = new Map(expected.map((row) => [JSON.stringify([row.start, row.end, row.partial, row.group]), row.values]));
  const mine = answer.rows.map(({ start, end, partial, group, values }) => {
    const key = JSON.stringify([start.getTime() * 1_000, end.getTime() * 1_000, partial, groupBy.map((ref) => group[ref])]);
    const bounds = hand.get(key) ?? {};
    const within = Object.entries(values).map(([name, value]) => [
      name,
      isBounds(bounds[name]) && isWithinAccuracy(Number(value), bounds[name], 0.0101) ? "within" : value,
    ]);
    return [key, Object.fromEntries(within)] as const;
  });
  const theirs = [...hand].map(
    ([key, values]) =>
      [key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isBounds(value) ? "within" : value]))] as const,
  );
  return [Object.fromEntries(mine), Object.fromEntries(theirs)];
}

function isBounds(value: unknown): value is QuantileBounds {
  return typeof value === "object" && value !== null;
}

describe("one definition", () => {
  const database = `equal_${process.pid}_${Date.now()}`;
  let server: ClickHouse;
  let clickhouse: ClickHouse;

  beforeAll(async () => {
    server = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
    clickhouse = server.inDatabase(database);
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  });
  afterAll(async () => {
    await server.command({ name: "Drop", sql: `DROP DATABASE ${database}` });
    await Promise.all([clickhouse.close(), server.close()]);
  });

  test("rollup, raw events and a count by hand agree for every measure, grain, zone, group and filter", async () => {
    const sources = new Set<string>();
    const all: PlacedEvent[] = [];
    const round = async (events: readonly AnyEvent[], requests: readonly AnyRequest[]): Promise<void> => {
      const placed = events.map((one, index) => ({ ...one, seq: all.length + index + 1 }));
      all.push(...placed);
      await insertEvents(clickhouse, placed);
      for (const any of requests) {
        const asked = toRequest(any);
        const answer = await trend(clickhouse, project, asked);
        const raw = await trend(clickhouse, project, { ...asked, source: "raw" });
        expect({ any, sources: answer.sources, rows: shown(answer) }).toEqual({ any, sources: answer.sources, rows: shown(raw) });
        const [mine, theirs] = compare(answer, byHand(all, asked), asked.groupBy);
        expect({ any, rows: mine }).toEqual({ any, rows: theirs });
        for (const { kind } of answer.sources) sources.add(kind);
      }
    };
    const rounds = fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.array(request, { minLength: 10, maxLength: 10 }),
      round,
    );
    // Events pile up from round to round, so a failure cannot be shrunk: it is repeated by its seed.
    await fc.assert(rounds, { numRuns: 15, endOnFailure: true });
    expect([...sources].sort()).toEqual(["mixed", "raw", "rollup"]);
  });
});
