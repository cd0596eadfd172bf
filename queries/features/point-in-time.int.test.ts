import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { durationMs, type Feature } from "../../model/index.ts";
import type { SpineRow } from "./spine-source.ts";
import { addEvents, build, iso, MS, project, START, testBench, type TestBench, type TestEvent } from "./training.test-support.ts";

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE events" });
  await bench.clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE ingest_ledger" });
});

const T = START + 1_000 * MS;
const label = (time = T, entity = "a"): SpineRow => ({ entity, time: iso(time) });
const pay = (time: number, amount: number | null = 1, known = time): TestEvent => ({ type: "paid", subject: "a", time, known, amount });
const count = async (events: readonly TestEvent[], feature = "count_10ms", rows = [label()]): Promise<unknown> => {
  await addEvents(bench.clickhouse, events);
  return (await build(bench, { spine: { rows } }))[0]?.[feature];
};

describe("the window's edges", () => {
  test.each([
    ["at T", 0, 0],
    ["1 µs before T", -1, 1],
    ["1 ms before T", -MS, 1],
    ["1 ms after T", MS, 0],
    ["at T - window", -10 * MS, 1],
    ["1 µs before T - window", -10 * MS - 1, 0],
    ["1 ms before T - window", -11 * MS, 0],
    ["1 ms after T - window", -9 * MS, 1],
  ])("an event %s", async (_when, offset, counted) => {
    expect(await count([pay(T + offset, 1, START)])).toBe(counted);
  });

  test.each([
    ["at T - delay", -5 * MS, 0],
    ["1 µs before T - delay", -5 * MS - 1, 1],
    ["at T - delay - window", -15 * MS, 1],
    ["1 µs before T - delay - window", -15 * MS - 1, 0],
  ])("with a delay, an event %s", async (_when, offset, counted) => {
    expect(await count([pay(T + offset)], "count_10ms_late")).toBe(counted);
  });

  test.each([
    ["at T", 0, 1],
    ["1 µs after T", 1, 0],
    ["1 ms after T", MS, 0],
  ])("an event known %s", async (_when, offset, counted) => {
    expect(await count([pay(T - 2 * MS, 1, T + offset)])).toBe(counted);
  });

  test("an event that expires between the last event and the label does not count", async () => {
    expect(await count([pay(T - 18 * MS), pay(T - 9 * MS)])).toBe(1);
  });
});

test("duplicates of an event that the log holds twice count twice, and labels that repeat are kept", async () => {
  await addEvents(bench.clickhouse, [pay(T - MS), pay(T - MS)]);
  const rows = await build(bench, { spine: { rows: [label(), label(T, "b"), label()] } });
  expect(rows.map((row) => [row["entity"], row["count_10ms"]])).toEqual([
    ["a", 2],
    ["b", 0],
    ["a", 2],
  ]);
});

test("what is missing is null and never 0; only a count of nothing is 0", async () => {
  await addEvents(bench.clickhouse, [pay(T - MS, null)]);
  const rows = await build(bench, { spine: { rows: [label(), label(T, "nobody")] } });
  const nothing = { sum_20ms: null, avg_20ms: null, min_1d: null, max_10ms: null, last_20ms: null, page_10ms: null };
  expect(rows).toMatchObject([
    { count_10ms: 1, ...nothing },
    { count_10ms: 0, ...nothing },
  ]);
});

test("a sum of zeros is 0", async () => {
  expect(await count([pay(T - MS, 0)], "sum_20ms")).toBe(0);
});

test("entities are compared whole, whatever they are made of", async () => {
  const names = ["1|23", "12|3", "1", "a,b", 'a"b', "a'b", "a\\b", "a\nb", "ü", "u\u0308", "🛒", " a", "A", "%", "{x:String}"];
  await addEvents(
    bench.clickhouse,
    names.flatMap((subject, index) => Array.from({ length: index + 1 }, (_, k) => ({ ...pay(T - MS - k), subject }))),
  );
  const rows = await build(bench, { spine: { rows: names.map((name) => label(T, name)) } });
  expect(rows.map((row) => [row["entity"], row["count_10ms"]])).toEqual(names.map((name, index) => [name, index + 1]));
});

test("a window longer than all of time reaches the first event", async () => {
  await addEvents(bench.clickhouse, [{ type: "seen", subject: "a", time: 0, known: 0 }]);
  expect((await build(bench, { spine: { rows: [label(7_258_118_399_999_999)] } }))[0]).toMatchObject({ views_1000000d: 1 });
});

test("a label at the beginning of time sees nothing", async () => {
  await addEvents(bench.clickhouse, [{ type: "seen", subject: "a", time: 0, known: 0 }]);
  expect((await build(bench, { spine: { rows: [label(0)] } }))[0]).toMatchObject({ views_1000000d: 0, sum_20ms: null });
});

describe("the watermark", () => {
  test("nothing counts of an empty ledger", async () => {
    await addEvents(bench.clickhouse, [pay(T - MS)]);
    await bench.clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE ingest_ledger" });
    expect((await build(bench, { spine: { rows: [label()] } }))[0]).toMatchObject({ count_10ms: 0 });
  });

  test("an event at it counts, the next one does not, nor does another stream's", async () => {
    await addEvents(bench.clickhouse, [pay(T - MS), pay(T - MS), pay(T - MS)]);
    const asOf = (watermark: Record<string, { epoch: number; seq: number }>): Promise<Record<string, unknown>[]> =>
      build(bench, { spine: { rows: [label()] }, asOf: watermark });
    expect((await asOf({ S: { epoch: 1, seq: 2 } }))[0]).toMatchObject({ count_10ms: 2 });
    expect((await asOf({ S: { epoch: 2, seq: 0 } }))[0]).toMatchObject({ count_10ms: 3 });
    expect((await asOf({ OTHER: { epoch: 9, seq: 9 } }))[0]).toMatchObject({ count_10ms: 0 });
  });
});

/** The rule of design section 8, word for word: slow and obvious. */
function oracle(feature: Feature, events: readonly TestEvent[], entity: string, at: number, upTo: number): number | string | null {
  const delay = durationMs(feature.delay ?? "0s") * MS;
  const window = durationMs(feature.window) * MS;
  const { measure, event } = feature.metric;
  const counted = events
    .map((item, index) => ({ ...item, seq: index + 1 }))
    .filter((item) => item.type === event.type && item.subject === entity)
    .filter((item) => at - delay - window <= item.time && item.time < at - delay)
    .filter((item) => item.known <= at && item.seq <= upTo)
    .sort((a, b) => a.time - b.time || a.seq - b.seq);
  if (measure.kind === "count") return counted.length;
  if (event.type === "seen") return counted.findLast(({ page }) => page !== undefined)?.page ?? null;
  const amounts = counted.flatMap(({ amount }) => (amount === undefined || amount === null ? [] : [amount]));
  if (amounts.length === 0) return null;
  const total = Number(amounts.reduce((sum, amount) => sum + BigInt(Math.round(amount * 1e6)), 0n)) / 1e6;
  const answers: Record<string, number> = {
    sum: total,
    avg: total / amounts.length,
    min: Math.min(...amounts),
    max: Math.max(...amounts),
    last: amounts.at(-1) ?? 0,
  };
  return answers[measure.kind] ?? null;
}

/** Times on a grid of milliseconds, each shifted by at most a microsecond, so that edges are met often and missed narrowly. */
const time = fc.tuple(fc.integer({ min: 0, max: 45 }), fc.constantFrom(-1, 0, 0, 0, 1)).map(([ms, shift]) => START + ms * MS + shift);
const event: fc.Arbitrary<TestEvent> = fc
  .record({
    type: fc.constantFrom("paid", "paid", "seen"),
    subject: fc.constantFrom("a", "b", "c"),
    time,
    known: fc.option(time),
    amount: fc.option(fc.integer({ min: -500, max: 5_000 }).map((cents) => cents / 100)),
    page: fc.option(fc.constantFrom("home", "cart", "")),
  })
  .map(({ known, page, ...rest }) => ({ ...rest, known: known ?? rest.time, ...(page === null ? {} : { page }) }));
const labels = fc.array(fc.record({ entity: fc.constantFrom("a", "b", "c", "d"), time }), { minLength: 20, maxLength: 40 });

test("every value is the oracle's, for random events, labels and watermarks", async () => {
  const set = project.features[0]!;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 60 }), labels, fc.nat(70), async (events, spine, seq) => {
      await bench.clickhouse.command({ name: "Empty", sql: "TRUNCATE TABLE events" });
      await addEvents(bench.clickhouse, events);
      const rows = await build(bench, {
        spine: { rows: spine.map((row) => ({ entity: row.entity, time: iso(row.time) })) },
        asOf: { S: { epoch: 1, seq } },
      });
      const expected = spine.map(({ entity, time: at }) =>
        Object.fromEntries(Object.entries(set.features).map(([name, feature]) => [name, oracle(feature, events, entity, at, seq)])),
      );
      expect(rows.map(({ entity: _entity, time: _time, ...features }) => features)).toEqual(expected);
    }),
    { numRuns: 40 },
  );
}, 600_000);
