import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { grainOf, gridEdges, isDerived, type DerivedMetric, type Metric } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { oracleAnswer, type OracleGroup, type OracleMetric, type OracleQuestion } from "../../tests/oracles/answer.ts";
import type { OracleFilter } from "../../tests/oracles/filter.ts";
import type { OracleBucket } from "../../tests/oracles/grid.ts";
import { isWithinAccuracy, type MeasureValue } from "../../tests/oracles/measure.ts";
import { event, HOUR, metrics, moment, project, ratios, toOracle, type AnyEvent, type PlacedEvent } from "./questions.test-support.ts";
import { commitTo, insertEvents } from "./trend.test-support.ts";
import { trend } from "./trend.ts";
import type { SeriesRef, TrendAnswer, TrendValues } from "./trend-answer.ts";
import type { Transform, TrendRequest, Window } from "./trend-request.ts";

/** Rounds of events and questions; TREND_RUNS=100 for a thorough run. */
const RUNS = Number(process.env["TREND_RUNS"] ?? 2);

const GROUPS = ["country", "gift", "items", "rate", "source"] as const;
const condition = <Value>(values: readonly Value[]): fc.Arbitrary<{ in: Value[] } | { not: Value[] }> =>
  fc.oneof(
    fc.subarray([...values], { minLength: 1 }).map((some) => ({ in: some })),
    fc.subarray([...values], { minLength: 1 }).map((some) => ({ not: some })),
  );
const bounds = fc.record(
  { gt: fc.constantFrom(-2, 0, 0.25), gte: fc.constantFrom(-1, 0, 1), lt: fc.constantFrom(0.5, 2, 3), lte: fc.constantFrom(0, 1, 2) },
  { requiredKeys: [] },
);
const question = fc.record(
  {
    metrics: fc.uniqueArray(fc.constantFrom<Metric | DerivedMetric>(...metrics, ...ratios), { minLength: 1, maxLength: 3 }),
    from: moment,
    hours: fc.integer({ min: 1, max: 90 }),
    grain: fc.constantFrom("30 minutes", "hour", "2 hours", "6 hours", "day", "day", "week", "week from sunday", "month"),
    timezone: fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York"),
    groupBy: fc.subarray([...GROUPS], { maxLength: 2 }),
    filter: fc.record(
      {
        country: condition(["DE", "AT", "Ü'\\", null]),
        gift: condition([true, false, null]),
        rate: fc.oneof(
          condition([0, 0.5, null]),
          bounds.filter((some) => Object.keys(some).length > 0),
        ),
        items: bounds.filter((some) => Object.keys(some).length > 0),
        // No dimension: read from the raw events.
        amount: fc.constantFrom({ gt: 10 }, { lte: 0, not: [null] }),
      },
      { requiredKeys: [] },
    ),
    top: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 }),
    window: fc.option(
      fc.oneof(
        fc.record({ kind: fc.constantFrom("rolling", "average"), buckets: fc.integer({ min: 2, max: 4 }) }),
        fc.constant<Window>({ kind: "cumulative" }),
      ) as fc.Arbitrary<Window>,
      { nil: undefined, freq: 2 },
    ),
    transform: fc.option(fc.constantFrom<Transform>("difference", "growth", "rate"), { nil: undefined, freq: 2 }),
    compare: fc.option(fc.constantFrom("day", "week", "2 weeks", "month", "year", "previous"), { nil: undefined, freq: 2 }),
    /** Share of the log that is known. */
    asOf: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined, freq: 2 }),
  },
  { noNullPrototype: true },
);
type Question = typeof question extends fc.Arbitrary<infer Q> ? Q : never;

const AGO = { day: { days: 1 }, week: { days: 7 }, "2 weeks": { days: 14 }, month: { months: 1 }, year: { months: 12 } } as const;

/** Which metrics a question may be put about: a rate needs sums, an average numbers; the oracle knows quantiles within bounds only, and so not what is made of them. */
function askable({ transform, window }: Question, metric: Metric | DerivedMetric): boolean {
  if (isDerived(metric)) return transform !== "rate";
  const { kind } = metric.measure;
  if (transform === "rate") return (kind === "count" || kind === "sum") && window?.kind !== "average";
  return (transform === undefined && window?.kind !== "average") || !["first", "last", "quantiles"].includes(kind);
}

/** Keeps a question to what can be asked, and to some hundred buckets. */
function toRequest(any: Question): TrendRequest & { from: number; to: number; metric: (Metric | DerivedMetric)[] } {
  const { asOf: _, compare, filter, from, grain, groupBy, hours, metrics: wanted, top, ...rest } = any;
  const asked = wanted.filter((metric) => askable(any, metric));
  // What measures one field alone has one dimension alone.
  const groups = groupBy.filter((ref) => asked.every((metric) => isDerived(metric) || metric.dimensions.includes(ref)));
  const length = grain === "30 minutes" ? Math.min(hours, 30) : grain === "month" ? hours * 20 : hours;
  const fits = compare === undefined || compare === "previous" || isAligned(grain, compare);
  const { transform, window, timezone } = rest;
  return {
    metric: asked,
    from,
    to: from + length * HOUR,
    grain,
    timezone,
    groupBy: groups,
    filter,
    ...(window ? { window } : {}),
    ...(transform ? { transform } : {}),
    ...(top !== undefined && groups.length > 0 && !isPick(asked[0]) ? { top } : {}),
    ...(compare !== undefined && fits ? { compare } : {}),
  };
}

const isPick = (metric: Metric | DerivedMetric | undefined): boolean =>
  metric !== undefined && !isDerived(metric) && ["first", "last", "quantiles"].includes(metric.measure.kind);

function isAligned(grain: string, compare: string): boolean {
  if (grain.startsWith("week")) return compare === "week" || compare === "2 weeks";
  return grain !== "month" || compare === "month" || compare === "year";
}

const bucketsIn =
  (grain: string, timezone: string) =>
  (from: number, to: number): OracleBucket[] => {
    const edges = gridEdges({ from, to, grain: grainOf(grain), timezone });
    return edges.slice(0, -1).map((start, index) => ({ start, end: edges[index + 1]! }));
  };

const oracleMetric = (metric: Metric | DerivedMetric): OracleMetric => {
  if (!isDerived(metric)) return metric;
  if (metric.kind !== "ratio") throw new Error("The oracle knows ratios only.");
  return metric;
};

function toQuestion(asked: ReturnType<typeof toRequest>, previous: OracleQuestion["ago"]): OracleQuestion {
  const { compare, filter = {}, from, grain, groupBy = [], metric, timezone = "UTC", to, top, transform, window } = asked;
  const ago = compare === "previous" ? previous : compare === undefined ? undefined : AGO[compare as keyof typeof AGO];
  return {
    metrics: metric.map(oracleMetric),
    from,
    to,
    grain,
    zone: timezone,
    bucketsOf: bucketsIn(grain, timezone),
    groupBy,
    filter: filter as OracleFilter,
    ...(typeof top === "number" ? { top } : {}),
    ...(window ? { window } : {}),
    ...(transform ? { transform } : {}),
    ...(ago ? { ago } : {}),
  };
}

const groupKey = (ref: SeriesRef, groupBy: readonly string[]): string =>
  ref.other ? "other" : JSON.stringify(groupBy.map((name) => ref.group[name]));
const oracleKey = (group: OracleGroup): string => (group === "other" ? "other" : JSON.stringify(group));

/** Values under the names of the oracle; a quantile within its bounds becomes the word "within". */
function named(
  values: TrendValues | undefined,
  hand: Readonly<Record<string, MeasureValue>> | null | undefined,
): Record<string, unknown> | undefined {
  if (values === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const name = key.includes(".") ? key.replace(".", " ") : `${key} value`;
      const expected = hand?.[name];
      const isBounds = typeof expected === "object" && expected !== null;
      return [name, isBounds && isWithinAccuracy(Number(value), expected, 0.0101) ? "within" : value];
    }),
  );
}

function byHand(values: Readonly<Record<string, MeasureValue>> | null | undefined): unknown {
  if (!values) return values;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "object" && value !== null ? "within" : value]),
  );
}

/** Answer and oracle in one shape: rows and totals by group and start. */
function compareAnswers(answer: TrendAnswer, events: readonly PlacedEvent[], asked: OracleQuestion): [unknown, unknown] {
  const rows = oracleAnswer(events.map(toOracle), asked);
  const hand = new Map(rows.map((row) => [`${oracleKey(row.group)} ${row.start ?? "total"}`, row]));
  const mine = [...answer.rows, ...answer.totals].map((row) => {
    const key = `${groupKey(row, answer.groupBy)} ${"start" in row ? row.start.getTime() * 1_000 : "total"}`;
    const expected = hand.get(key);
    const compared = row.compared === undefined ? {} : { compared: row.compared && named(row.compared.values, expected?.compared) };
    return [key, { values: named(row.values, expected?.values), ...compared }] as const;
  });
  const theirs = [...hand].map(([key, { compared, values }]) => {
    return [key, { values: byHand(values), ...(compared === undefined ? {} : { compared: byHand(compared) }) }] as const;
  });
  return [Object.fromEntries(mine), Object.fromEntries(theirs)];
}

describe(`questions of every kind (TREND_RUNS=${RUNS})`, () => {
  const held = useDatabase();

  beforeAll(async () => {
    await applyPlan(await migrationPlan(project, held.clickhouse), held.clickhouse);
  });

  test("rollup, raw events and a count by hand agree on windows, transformations, comparisons, top groups, ratios, filters and past states", async () => {
    const all: PlacedEvent[] = [];
    const round = async (events: readonly AnyEvent[], questions: readonly Question[]): Promise<void> => {
      // The log holds some events twice, and late ones: times come in no order.
      const placed = [...events, ...events.slice(0, 3)].map((one, index) => ({ ...one, seq: all.length + index + 1 }));
      all.push(...placed);
      await insertEvents(held.clickhouse, placed);
      await commitTo(held.clickhouse, { last: all.length, storedTo: "2026-04-01 00:00:00" });
      // One of each round is plain enough for the rollups.
      const [first, ...others] = questions;
      const plain = first && { ...first, asOf: undefined, filter: {}, grain: "hour" as const, timezone: "UTC" as const };
      for (const any of plain ? [plain, ...others] : []) {
        const asked = toRequest(any);
        if (asked.metric.length === 0) continue;
        const seq = any.asOf === undefined ? undefined : Math.floor(any.asOf * all.length);
        const request = { ...asked, ...(seq === undefined ? {} : { asOf: { SHOP: { epoch: 1, seq } } }) };
        const answer = await trend(held.clickhouse, project, request);
        const raw = await trend(held.clickhouse, project, { ...request, source: "raw" });
        const known = all.filter((one) => seq === undefined || one.seq <= seq);
        const shift = answer.comparedWith && previousOf(answer, asked);
        expect({ asked, rows: answer.rows, totals: answer.totals }).toEqual({ asked, rows: raw.rows, totals: raw.totals });
        const [mine, theirs] = compareAnswers(answer, known, toQuestion(asked, shift));
        expect({ asked, seq, rows: mine }).toEqual({ asked, seq, rows: theirs });
      }
    };
    const rounds = fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.array(question, { minLength: 8, maxLength: 8 }),
      round,
    );
    // Events pile up from round to round, so a failure cannot be shrunk: it is repeated by its seed.
    await fc.assert(rounds, { numRuns: RUNS, endOnFailure: true });
  });
});

/** How far the previous period lies back, in whole buckets of the grid: as long as the range is on the clocks, rounded up. */
function previousOf(answer: TrendAnswer, { grain, timezone = "UTC" }: ReturnType<typeof toRequest>): OracleQuestion["ago"] {
  const wall = (date: Date): number => {
    const text = date.toLocaleString("sv-SE", { timeZone: timezone });
    return Date.parse(`${text.replace(" ", "T")}Z`) + (date.getTime() % 1_000);
  };
  const length = wall(answer.to) - wall(answer.from);
  if (grain === "month") {
    let months = 1;
    while (plusMonths(wall(answer.from), months) < wall(answer.to)) months += 1;
    return { months };
  }
  const unit = { "30 minutes": 0.5, hour: 1, "2 hours": 2, "6 hours": 6, day: 24, week: 168, "week from sunday": 168 }[grain] ?? 1;
  return { milliseconds: Math.max(1, Math.ceil(length / (unit * 3_600_000))) * unit * 3_600_000 };
}

function plusMonths(wall: number, months: number): number {
  const date = new Date(wall);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate();
  return new Date(wall).setUTCMonth(date.getUTCMonth() + months, Math.min(last, date.getUTCDate()));
}
