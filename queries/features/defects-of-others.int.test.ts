import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { ageOf, difference, distinct, latest, over, ratio, type FeatureSet } from "../../model/index.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import type { SpineRow } from "./spine-source.ts";
import {
  addEvents,
  build,
  emptyTables,
  eventAt,
  iso,
  least,
  most,
  MS,
  paid,
  payments,
  revenue,
  spread,
  squared,
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

const setOf = (features: FeatureSet["features"], entity: FeatureSet["entity"] = "subject"): FeatureSet => ({
  name: "one",
  entity,
  features,
});
/** So many payments as the first test makes. */
const amounts = (count: number): number[] => Array.from({ length: count }, (_, index) => 100 + ((index * 37) % 300));
/** A payment of a buyer in a shop. */
const of = (subject: string, id: number): OracleEvent => eventAt(T - MS, { subject, data: { amount: id, shop: { id } } });

/** What other feature stores get wrong, by their own code or their users' reports. Each is right by both plans. */
describe.each(["join", "tiles"] as const)("the defects of others, by the plan %s", (plan) => {
  const built = async (features: FeatureSet, rows: readonly SpineRow[]): Promise<Record<string, unknown>[]> =>
    (await build(bench, { spine: { rows }, features, plan })).map(({ entity: _entity, time: _time, ...values }) => values);

  test("the greatest and the least of many tiles are those of one event, not sums, and empty stretches are no zeros", async () => {
    await addEvents(
      bench.clickhouse,
      Array.from({ length: 300 }, (_, index) => eventAt(T - (index + 1) * MS, { data: { amount: 100 + ((index * 37) % 300) } })),
    );
    const features = setOf({ most: over(most, { window: ["250ms", "1d"] }), least: over(least, { window: ["250ms", "1d"] }) });
    expect(await built(features, [label()])).toEqual([
      { most_250ms: Math.max(...amounts(250)), most_1d: 399, least_250ms: Math.min(...amounts(250)), least_1d: 100 },
    ]);
  });

  test("the spread of amounts that are alike in their first digits is theirs, over one event and over many tiles", async () => {
    // 300 amounts of ten digits before the point that differ by tenths: squares of doubles keep sixteen digits, and these need twenty-two.
    await addEvents(
      bench.clickhouse,
      Array.from({ length: 300 }, (_, index) => eventAt(T - (index + 1) * MS, { data: { amount: 1_000_000_000 + (index % 3) / 10 } })),
    );
    const features = setOf({ spread: over(spread, { window: ["1ms", "300ms"] }), squared: over(squared, { window: ["2ms", "1d"] }) });
    expect(await built(features, [label(), label(T, "nobody")])).toEqual([
      { spread_1ms: 0, spread_300ms: Math.sqrt(0.02 / 3), squared_2ms: 0.0025, squared_1d: 0.02 / 3 },
      { spread_1ms: null, spread_300ms: null, squared_2ms: null, squared_1d: null },
    ]);
  });

  test("a window need not be a multiple of anything, nor begin where there is an event", async () => {
    await addEvents(
      bench.clickhouse,
      Array.from({ length: 200 }, (_, index) => eventAt(T - index * 7 * MS)),
    );
    const window = ["1ms", "12ms", "101ms", "703ms"];
    const counts = [0, 1, 14, 100].map((count, index) => [`n_${window[index]}`, count]);
    expect(await built(setOf({ n: over(payments, { window }) }), [label()])).toEqual([Object.fromEntries(counts)]);
  });

  test("entities whose parts come out alike when one is put behind the other are different", async () => {
    await addEvents(bench.clickhouse, [of("1", 23), of("12", 3), of("12", 3), of("1:2", 3)]);
    const features = setOf({ n: over(payments, { window: "10ms" }) }, { buyer: "subject", shop: "shop.id" });
    const rows = [
      ["1", "23"],
      ["12", "3"],
      ["1:2", "3"],
      ["123", ""],
      ["2", "13"],
    ].map(([buyer = "", shop = ""]) => ({ buyer, shop: shop || "0", time: iso(T) }));
    expect((await build(bench, { spine: { rows }, features, plan })).map(({ buyer, n, shop }) => [buyer, shop, n])).toEqual([
      ["1", "23", 1],
      ["12", "3", 2],
      ["1:2", "3", 1],
      ["123", "0", 0],
      ["2", "13", 0],
    ]);
  });

  test("what is missing is null, also in what is worked out from it; only counts are 0", async () => {
    await addEvents(bench.clickhouse, [eventAt(T - MS, { data: { amount: null } })]);
    const features = setOf({
      n: over(payments, { window: "10ms", by: { amount: { some: { not: null }, none: null } } }),
      spend: over(revenue, { window: "10ms" }),
      distinct: distinct(paid, "amount", { window: "10ms" }),
      share: ratio("spend", "n_none"),
      of_none: ratio("n_none", "n_some"),
      less: difference("spend", "n_none"),
      fewer: difference("n_some", "n_none"),
    });
    const nothing = { spend: null, distinct: 0, share: null, of_none: null, less: null };
    expect(await built(features, [label(), label(T, "nobody")])).toEqual([
      { n_some: 0, n_none: 1, ...nothing, fewer: -1 },
      { n_some: 0, n_none: 0, ...nothing, fewer: 0 },
    ]);
  });

  test("what is too old at T is too old, however recent it was at the last event", async () => {
    await addEvents(bench.clickhouse, [eventAt(T - 12 * MS, { data: { amount: 7 } }), eventAt(T - 9 * MS, { data: {} })]);
    const features = setOf({
      recent: latest(paid, "amount", { maxAge: "10ms" }),
      n: over(payments, { window: "10ms" }),
      ever: latest(paid, "amount"),
    });
    expect(await built(features, [label()])).toEqual([{ recent: null, n: 1, ever: 7 }]);
  });

  test("label rows come in any order, and those alike in entity and time are all kept", async () => {
    await addEvents(
      bench.clickhouse,
      [1, 2, 3].map((ms) => eventAt(START + ms * MS)),
    );
    const order = [3, 0, 2, 2, 1, 4, 0];
    const features = setOf({ n: over(payments, { window: "1d" }), age: ageOf(paid) });
    expect(
      await built(
        features,
        order.map((ms) => label(START + ms * MS + 1)),
      ),
    ).toEqual(order.map((ms) => ({ n: Math.min(ms, 3), age: ms === 0 ? null : Math.max(1, (ms - 3) * MS + 1) / 1e6 })));
  });

  test("events at one time all count, and the last of the log is the latest", async () => {
    await addEvents(
      bench.clickhouse,
      [2, 9, 5].map((amount) => eventAt(T - MS, { data: { amount } })),
    );
    const features = setOf({ n: over(payments, { window: "1d" }), last: latest(paid, "amount"), age: ageOf(paid) });
    expect(await built(features, [label()])).toEqual([{ n: 3, last: 5, age: 0.001 }]);
  });
});
