import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { ageOf, latest, over, sinceFirst, type FeatureSet } from "../../model/index.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import type { PlanChoice } from "./plan.ts";
import type { SpineRow } from "./spine-source.ts";
import {
  addEvents,
  build,
  emptyTables,
  eventAt,
  iso,
  MS,
  paid,
  payments,
  project,
  START,
  testBench,
  type TestBench,
} from "./training.test-support.ts";

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());
beforeEach(() => emptyTables(bench));

const T = START + 1_000 * MS;
const label = (time = T, entity = "a"): SpineRow => ({ entity, time: iso(time) });
const PLANS = ["join", "tiles"] as const;
describe("the window's edges", () => {
  type Edge = readonly [what: string, event: Partial<OracleEvent> & { readonly time: number }, feature: string, counted: number];
  const edges: readonly Edge[] = [
    ["at T", { time: T, known_at: START }, "count_10ms", 0],
    ["1 µs before T", { time: T - 1 }, "count_10ms", 1],
    ["1 ms before T", { time: T - MS }, "count_10ms", 1],
    ["1 ms after T", { time: T + MS, known_at: START }, "count_10ms", 0],
    ["at T - window", { time: T - 10 * MS }, "count_10ms", 1],
    ["1 µs before T - window", { time: T - 10 * MS - 1 }, "count_10ms", 0],
    ["1 ms before T - window", { time: T - 11 * MS }, "count_10ms", 0],
    ["1 ms after T - window", { time: T - 9 * MS }, "count_10ms", 1],
    ["at T - delay", { time: T - 5 * MS }, "count_10ms_late", 0],
    ["1 µs before T - delay", { time: T - 5 * MS - 1 }, "count_10ms_late", 1],
    ["at T - delay - window", { time: T - 15 * MS }, "count_10ms_late", 1],
    ["1 µs before T - delay - window", { time: T - 15 * MS - 1 }, "count_10ms_late", 0],
    ["known at T", { time: T - 2 * MS, known_at: T }, "count_10ms", 1],
    ["known 1 µs after T", { time: T - 2 * MS, known_at: T + 1 }, "count_10ms", 0],
    ["known 1 ms after T", { time: T - 2 * MS, known_at: T + MS }, "count_10ms", 0],
  ];

  test.each(PLANS)("an event at, just before and just after each edge, by the plan %s", async (plan) => {
    await addEvents(
      bench.clickhouse,
      edges.map(([subject, { time: at, ...rest }]) => eventAt(at, { subject, ...rest })),
    );
    const rows = await build(bench, { spine: { rows: edges.map(([what]) => label(T, what)) }, plan });
    expect(rows.map((row, index) => [row["entity"], row[edges[index]?.[2] ?? ""]])).toEqual(
      edges.map(([what, , , counted]) => [what, counted]),
    );
  });

  const past = {
    name: "past",
    entity: "subject",
    features: {
      lagged: over(payments, { window: "10ms", lag: "20ms", delay: "5ms" }),
      recent: latest(paid, "amount", { maxAge: "10ms", delay: "5ms" }),
      age: ageOf(paid, { maxAge: "10ms", delay: "5ms" }),
      first: sinceFirst(paid, { delay: "5ms" }),
      ever: latest(paid, "amount"),
    },
  } satisfies FeatureSet;
  const none = { lagged: 0, recent: null, age: null, first: null, ever: null };
  type PastEdge = readonly [what: string, event: Partial<OracleEvent> & { readonly time: number }, values: object];
  const pastEdges: readonly PastEdge[] = [
    ["at T - delay - lag", { time: T - 25 * MS }, { lagged: 0, first: 0.025, ever: 1 }],
    ["1 µs before T - delay - lag", { time: T - 25 * MS - 1 }, { lagged: 1, first: 0.025001, ever: 1 }],
    ["at T - delay - lag - window", { time: T - 35 * MS }, { lagged: 1, first: 0.035, ever: 1 }],
    ["1 µs before T - delay - lag - window", { time: T - 35 * MS - 1 }, { lagged: 0, first: 0.035001, ever: 1 }],
    ["at T - delay", { time: T - 5 * MS }, { ever: 1 }],
    ["1 µs before T - delay", { time: T - 5 * MS - 1 }, { recent: 1, age: 0.005001, first: 0.005001, ever: 1 }],
    ["at T - delay - maxAge", { time: T - 15 * MS }, { recent: 1, age: 0.015, first: 0.015, ever: 1 }],
    ["1 µs before T - delay - maxAge", { time: T - 15 * MS - 1 }, { first: 0.015001, ever: 1 }],
    ["at T", { time: T, known_at: START }, {}],
    ["1 µs before T", { time: T - 1 }, { ever: 1 }],
    ["known at T", { time: T - 12 * MS, known_at: T }, { recent: 1, age: 0.012, first: 0.012, ever: 1 }],
    ["known 1 µs after T", { time: T - 12 * MS, known_at: T + 1 }, {}],
    ["of the lagged window, known at T only", { time: T - 30 * MS, known_at: T }, { lagged: 1, first: 0.03, ever: 1 }],
  ];

  test.each(PLANS)("of lagged windows, the latest value and ages, by the plan %s", async (plan) => {
    await addEvents(
      bench.clickhouse,
      pastEdges.map(([subject, { time: at, ...rest }]) => eventAt(at, { subject, ...rest })),
    );
    const rows = await build(bench, { spine: { rows: pastEdges.map(([what]) => label(T, what)) }, features: past, plan });
    expect(rows.map(({ time: _time, ...row }) => row)).toEqual(pastEdges.map(([entity, , values]) => ({ entity, ...none, ...values })));
  });

  test.each(PLANS)("an event that expires between the last event and the label does not count, by the plan %s", async (plan) => {
    await addEvents(bench.clickhouse, [eventAt(T - 18 * MS), eventAt(T - 9 * MS)]);
    expect((await build(bench, { spine: { rows: [label()] }, plan }))[0]).toMatchObject({ count_10ms: 1 });
  });
});

test("duplicates of an event that the log holds twice count twice, and labels that repeat are kept", async () => {
  await addEvents(bench.clickhouse, [eventAt(T - MS), eventAt(T - MS)]);
  const rows = await build(bench, { spine: { rows: [label(), label(T, "b"), label()] } });
  expect(rows.map((row) => [row["entity"], row["count_10ms"]])).toEqual([
    ["a", 2],
    ["b", 0],
    ["a", 2],
  ]);
});

test("what is missing is null and never 0; only a count of nothing is 0", async () => {
  await addEvents(bench.clickhouse, [eventAt(T - MS, { data: { amount: null } })]);
  const rows = await build(bench, { spine: { rows: [label(), label(T, "nobody")] } });
  const nothing = { sum_20ms: null, avg_20ms: null, min_1d: null, max_10ms: null, last_20ms: null, page_10ms: null };
  expect(rows).toMatchObject([
    { count_10ms: 1, ...nothing },
    { count_10ms: 0, ...nothing },
  ]);
});

test("a sum of zeros is 0", async () => {
  await addEvents(bench.clickhouse, [eventAt(T - MS, { data: { amount: 0 } })]);
  expect((await build(bench, { spine: { rows: [label()] }, plan: "tiles" }))[0]).toMatchObject({ sum_20ms: 0 });
});

test("entities are compared whole, whatever they are made of", async () => {
  const names = ["1|23", "12|3", "1", "a,b", 'a"b', "a'b", "a\\b", "a\nb", "ü", "u\u0308", "🛒", " a", "A", "%", "{x:String}"];
  await addEvents(
    bench.clickhouse,
    names.flatMap((subject, index) => Array.from({ length: index + 1 }, (_, k) => eventAt(T - MS - k, { subject }))),
  );
  const rows = await build(bench, { spine: { rows: names.map((name) => label(T, name)) } });
  expect(rows.map((row) => [row["entity"], row["count_10ms"]])).toEqual(names.map((name, index) => [name, index + 1]));
});

test("features may have the names of columns of the log", async () => {
  const names = [
    "age",
    "type",
    "stream",
    "subject",
    "data",
    "known_at",
    "label",
    "row",
    "events",
    "line",
    "amount",
    "spine_row",
    "feature_1",
  ];
  const metric = project.metrics[0]!;
  const features = Object.fromEntries(names.map((name, index) => [name, { metric, window: `${index + 1}ms` }]));
  await addEvents(
    bench.clickhouse,
    names.map((_, index) => eventAt(T - (index + 1) * MS)),
  );
  const rows = await build(bench, { spine: { rows: [label()] }, features: { name: "odd", entity: "subject", features } });
  expect(rows).toEqual([{ entity: "a", time: T / MS, ...Object.fromEntries(names.map((name, index) => [name, index + 1])) }]);
});

test("a window longer than all of time reaches the first event", async () => {
  await addEvents(bench.clickhouse, [eventAt(0, { type: "seen", data: {} })]);
  expect((await build(bench, { spine: { rows: [label(7_258_118_399_999_999)] } }))[0]).toMatchObject({ views_1000000d: 1 });
});

test("a label at the beginning of time sees nothing", async () => {
  await addEvents(bench.clickhouse, [eventAt(0, { type: "seen", data: {} })]);
  expect((await build(bench, { spine: { rows: [label(0)] } }))[0]).toMatchObject({ views_1000000d: 0, sum_20ms: null });
});

describe("the watermark", () => {
  test("nothing counts of an empty ledger", async () => {
    await addEvents(bench.clickhouse, [eventAt(T - MS)]);
    await bench.clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE ingest_ledger" });
    expect((await build(bench, { spine: { rows: [label()] } }))[0]).toMatchObject({ count_10ms: 0 });
  });

  test("an event at it counts, the next one does not, nor does another stream's", async () => {
    await addEvents(
      bench.clickhouse,
      [1, 2, 3].map((seq) => eventAt(T - MS, { seq })),
    );
    const asOf = (watermark: Record<string, { epoch: number; seq: number }>): Promise<Record<string, unknown>[]> =>
      build(bench, { spine: { rows: [label()] }, asOf: watermark });
    expect((await asOf({ S: { epoch: 1, seq: 2 } }))[0]).toMatchObject({ count_10ms: 2 });
    expect((await asOf({ S: { epoch: 2, seq: 0 } }))[0]).toMatchObject({ count_10ms: 3 });
    expect((await asOf({ OTHER: { epoch: 9, seq: 9 } }))[0]).toMatchObject({ count_10ms: 0 });
  });
});

describe("long histories", () => {
  /** A thousand labels of "a" among twenty thousand events, and a few of an entity with two. */
  const events = Array.from({ length: 20_000 }, (_, index) =>
    eventAt(START + ((index * 7_919) % 20_000) * MS, {
      seq: index + 1,
      known_at: START + ((index * 7_919) % 20_000) * MS + (index % 50 === 0 ? 900 * MS : 0),
    }),
  );
  const rows = Array.from({ length: 1_000 }, (_, index) =>
    label(START + ((index * 617) % 21_000) * MS + (index % 3) - 1, index % 250 === 7 ? "b" : "a"),
  );

  test("are put into tiles where that is cheaper, and give what the join gives", async () => {
    await addEvents(bench.clickhouse, [...events, eventAt(START, { subject: "b" }), eventAt(START + MS, { subject: "b" })]);
    const { count_10ms, last_20ms, amounts_10ms } = project.features[0]!.features;
    const few = {
      name: "few",
      entity: "subject",
      features: { count_10ms: count_10ms!, last_20ms: last_20ms!, amounts_10ms: amounts_10ms! },
    };
    const built = async (plan: PlanChoice) => {
      const out = join(bench.folder, `${plan}.csv`);
      const { plans } = await buildTrainingSet(bench.clickhouse, project, { spine: { rows }, features: few, out, plan });
      return { text: await readFile(out, "utf8"), paid: plans[0] };
    };
    const [joined, chosen] = [await built("join"), await built("auto")];
    expect(chosen.text).toBe(joined.text);
    expect(joined.paid?.hot.entities).toBe(0);
    expect(chosen.paid).toEqual({ event: "paid", pairs: 996 * 20_000 + 8, hot: { entities: 1, labels: 996, events: 20_000 }, levels: 3 });
  });
});
