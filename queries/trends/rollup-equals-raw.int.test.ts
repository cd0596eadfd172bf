import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { type DimensionValue, fixedGrainMs, grainOf, gridEdges } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { isWithinAccuracy, type QuantileBounds } from "../../tests/oracles/measure.ts";
import { oracleTrend, type OracleTrendRow } from "../../tests/oracles/trend.ts";
import { dimensions, event, HOUR, metrics, moment, project, toOracle, type AnyEvent, type PlacedEvent } from "./questions.test-support.ts";
import { insertEvents } from "./trend.test-support.ts";
import { trend } from "./trend.ts";
import type { TrendAnswer } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";

/** Rounds of events and questions; TREND_RUNS=100 for a thorough run. */
const RUNS = Number(process.env["TREND_RUNS"] ?? 2);

const CENTRE = Date.UTC(2026, 2, 29, 1) * 1_000;
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
type Asked = ReturnType<typeof toRequest>;
/** One question for each source: whole buckets of the rollup, a range that cuts one, and buckets finer than its rows. */
const OF_EACH_SOURCE: readonly AnyRequest[] = (
  [
    [CENTRE, "hour"],
    [CENTRE + 1, "hour"],
    [CENTRE, "10 seconds"],
  ] as const
).map(([from, grain]) => ({ from, grain, metric: "orders", hours: 3, timezone: "UTC", groupBy: [], filter: {} }));

/** Keeps a request to what its metric can be asked, and the answer below some thousand buckets. */
function toRequest({ metric: name, from, hours, grain, groupBy, filter, timezone }: AnyRequest) {
  const metric = metrics.find((one) => one.name === name)!;
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
  const held = useDatabase();

  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
  });

  test("rollup, raw events and a count by hand agree for every measure, grain, zone, group and filter", async () => {
    const sources = new Set<string>();
    const all: PlacedEvent[] = [];
    const round = async (events: readonly AnyEvent[], requests: readonly AnyRequest[]): Promise<void> => {
      const placed = events.map((one, index) => ({ ...one, seq: all.length + index + 1 }));
      all.push(...placed);
      await insertEvents(held.clickhouse, placed);
      for (const any of [...requests, ...(all.length === placed.length ? OF_EACH_SOURCE : [])]) {
        const asked = toRequest(any);
        const answer = await trend(held.clickhouse, project, asked);
        const raw = await trend(held.clickhouse, project, { ...asked, source: "raw" });
        expect({ any, sources: answer.sources, rows: shown(answer) }).toEqual({ any, sources: answer.sources, rows: shown(raw) });
        const [mine, theirs] = compare(answer, byHand(all, asked), asked.groupBy);
        expect({ any, rows: mine }).toEqual({ any, rows: theirs });
        for (const { kind } of answer.sources) sources.add(kind);
      }
    };
    const rounds = fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.array(request, { minLength: 8, maxLength: 8 }),
      round,
    );
    // Events pile up from round to round, so a failure cannot be shrunk: it is repeated by its seed.
    await fc.assert(rounds, { numRuns: RUNS, endOnFailure: true });
    expect([...sources].sort()).toEqual(["mixed", "raw", "rollup"]);
  });
});
