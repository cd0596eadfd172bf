import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, test } from "vitest";
import { ageOf, describeFeatures, distinct, latest, over, ratio, type FeatureSet } from "../../model/index.ts";
import { oracleFeatures } from "../../tests/oracles/features.ts";
import { countedColumns } from "./counted-columns.ts";
import { featureColumns } from "./feature-columns.ts";
import { askOnline, getFeatures } from "./get-features.ts";
import { inTurn } from "./in-turn.ts";
import { keptHistory } from "./kept-history.ts";
import { resolveEntities } from "./online-entities.ts";
import { randomEvents, randomFeatures, randomSpine } from "./random-features.test-support.ts";
import { serveFeatures, type FeatureServing } from "./serve-features.ts";
import {
  addEvents,
  emptyTables,
  eventAt,
  paid,
  payments,
  project,
  revenue,
  seen,
  testBench,
  type TestBench,
} from "./training.test-support.ts";

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

const numRuns = Number(process.env["FEATURE_RUNS"] ?? 4);
const cases = randomFeatures.chain((set) =>
  fc.record({
    set: fc.constant(set),
    events: randomEvents,
    spine: randomSpine(set),
    half: fc.nat(60),
    isWhole: fc.boolean(),
    longHistory: fc.constantFrom(1, 4, 1_000),
  }),
);

test("from histories, filled in two steps, with tiles and without, every value is the oracle's", async () => {
  let [compared, tiles] = [0, 0];
  await fc.assert(
    fc.asyncProperty(cases, async ({ events, half, isWhole, longHistory, set, spine }) => {
      await emptyTables(bench);
      await addEvents(bench.clickhouse, events);
      const first = { S: { epoch: 2, seq: half } };
      const whole = { S: { epoch: 2, seq: 60 }, R: { epoch: 2, seq: 60 } };
      // Nobody asks for a moment before the histories were made.
      const rows = [...spine].sort((a, b) => b.time - a.time).slice(0, 3);
      const start = { upTo: first, since: 0, clock: rows.at(-1)?.time ?? 0, longHistory };
      const counted = countedColumns(featureColumns(set));
      const histories = await inTurn([...new Set(counted.map(({ event }) => event))], async (event) => {
        const own = counted.filter((column) => column.event === event);
        const history = await keptHistory(bench.clickhouse, set, event, own, start);
        await history.add(first, whole);
        tiles += await rowsOf(history.tiles);
        return history;
      });
      const byEvent = new Map(histories.map((history) => [history.event, history]));
      const names = describeFeatures(set).map(({ name }) => name);
      for (const row of rows) {
        const labels = { set, entities: resolveEntities(set, [row.entity]), at: row.time, asOf: isWhole ? whole : first };
        const [found = {}] = await askOnline(bench.clickhouse, labels, undefined, byEvent);
        expect([Object.fromEntries(names.map((name) => [name, found[name]]))]).toEqual(oracleFeatures(events, set, [row], labels.asOf));
        compared += names.length;
      }
      await inTurn(histories, (history) => history.drop());
    }),
    { numRuns, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(numRuns * 5);
  expect(tiles).toBeGreaterThan(numRuns);
}, 7_200_000);

async function rowsOf(table: string): Promise<number> {
  const [row] = await bench.clickhouse.rows<{ found: string }>({ name: "Rows", sql: `SELECT count() AS found FROM ${table}` });
  return Number(row?.found);
}

const set: FeatureSet = {
  name: "buyer",
  entity: "subject",
  features: {
    n: over(payments, { window: ["1h", "30d"], filter: { gift: { not: true } } }),
    spend: over(revenue, { window: "1d", delay: "1m" }),
    share: ratio("n_1h", "n_30d"),
    shops: distinct(paid, "shop.id", { window: "1d" }),
    page: latest(seen, "page"),
    idle: ageOf(seen, { maxAge: "1d" }),
  },
};
const MINUTE = 60_000_000;
const now = Date.now() * 1_000;
/** Of two histories. */
const TABLES = 2 * 5;
/** Enough that no refresh comes by itself. */
const NEVER = { everyMs: 3_600_000 };

describe("a set that is kept ready", () => {
  let serving: FeatureServing | undefined;
  beforeEach(async () => {
    await emptyTables(bench);
    await addEvents(bench.clickhouse, [
      eventAt(now - 2 * MINUTE, { data: { amount: 2, shop: { id: 1 } } }),
      eventAt(now - 3 * MINUTE, { data: { amount: 3, gift: true } }),
      eventAt(now - 90 * MINUTE, { data: { amount: 4, shop: { id: 2 } } }),
      eventAt(now - 5 * MINUTE, { type: "seen", data: { page: "home" } }),
      eventAt(now - 2_000 * 1_440 * MINUTE, { type: "seen", subject: "b", data: { page: "old" } }),
    ]);
  });
  afterEach(async () => {
    await serving?.close();
    serving = undefined;
    expect(await tables()).toEqual([]);
  });

  /** Asks for "a" and "b", and makes sure that `events` says the same. */
  const ask = async () => {
    const answer = await (serving as FeatureServing).get({ entities: ["b", "a", "b"] });
    const { at, watermark } = answer;
    expect(answer).toEqual(await getFeatures(bench.clickhouse, project, { features: set, entities: ["b", "a", "b"], at, asOf: watermark }));
    return answer;
  };

  it("answers what `events` would, and counts what was ingested since once it is refreshed", async () => {
    serving = await serveFeatures(bench.clickhouse, project, set, NEVER);
    expect((await tables()).length).toBe(TABLES);
    expect((await ask()).rows).toMatchObject([
      { entity: "b", n_30d: 0, page: "old" },
      { entity: "a", n_1h: 1, n_30d: 2, spend: 9, share: 0.5, shops: 2, page: "home" },
      { entity: "b" },
    ]);
    await addEvents(bench.clickhouse, [eventAt(now - MINUTE / 2, { subject: "b", data: { amount: 1 } }), eventAt(now - 4 * MINUTE)]);
    const before = await ask();
    expect(await serving.refresh()).toBe(true);
    const after = await ask();
    expect([before, after].map(({ rows }) => rows.map((row) => row["n_1h"]))).toEqual([
      [0, 1, 0],
      [1, 2, 1],
    ]);
    expect(after.watermark["S"]?.seq).toBe((before.watermark["S"]?.seq ?? 0) + 2);
  });

  it("goes on by itself", async () => {
    serving = await serveFeatures(bench.clickhouse, project, set, { everyMs: 20 });
    await addEvents(bench.clickhouse, [eventAt(now - MINUTE, { subject: "b" })]);
    while ((await ask()).rows[0]?.["n_1h"] !== 1) await sleep(20);
  });

  it("answers past moments and positions from `events`", async () => {
    serving = await serveFeatures(bench.clickhouse, project, set, NEVER);
    const past = await serving.get({ entities: ["a"], at: now - 2 * MINUTE });
    expect(past.rows).toMatchObject([{ n_1h: 0, n_30d: 1 }]);
    expect((await serving.get({ entities: ["a"], asOf: {} })).rows).toMatchObject([{ n_30d: 0 }]);
  });

  it("forgets what it has when old rows may be others: a dead letter became an event in its old place, or the log began again", async () => {
    serving = await serveFeatures(bench.clickhouse, project, set, NEVER);
    await addEvents(bench.clickhouse, [eventAt(now - MINUTE, { seq: 1, idx: 7, subject: "b" })]);
    await bench.clickhouse.command({
      name: "Resolve",
      sql: "INSERT INTO dead_letter_resolutions (stream, epoch, seq, idx, resolution) VALUES ('S', 1, 1, 7, 'replayed')",
    });
    expect(await serving.refresh()).toBe(true);
    expect((await ask()).rows[0]).toMatchObject({ n_1h: 1 });
    await emptyTables(bench);
    await addEvents(bench.clickhouse, [eventAt(now - MINUTE, { epoch: 2, seq: 1, subject: "b" })]);
    expect(await serving.refresh()).toBe(true);
    const { rows, watermark } = await ask();
    expect([watermark, rows.map((row) => row["n_30d"])]).toEqual([{ S: { epoch: 2, seq: 1 } }, [1, 0, 1]]);
    expect((await tables()).length).toBe(TABLES);
  });

  it("reads everything anew once the log has become much longer: what is added meanwhile is in no tile", async () => {
    serving = await serveFeatures(bench.clickhouse, project, set, NEVER);
    const before = await tables();
    await addEvents(bench.clickhouse, [eventAt(now - MINUTE, { seq: 9_000, subject: "b" })]);
    expect(await serving.refresh()).toBe(true);
    expect(await tables()).toEqual(before);
    await addEvents(bench.clickhouse, [eventAt(now - MINUTE, { seq: 20_000, subject: "b" })]);
    expect(await serving.refresh()).toBe(true);
    const after = await tables();
    expect([after.length, after.filter((name) => before.includes(name))]).toEqual([TABLES, []]);
    expect((await ask()).rows[0]).toMatchObject({ n_1h: 2 });
  });

  it("answers from `events` where its memory is gone, and says so", async () => {
    const failures: unknown[] = [];
    serving = await serveFeatures(bench.clickhouse, project, set, { ...NEVER, onFailure: (error) => failures.push(error) });
    for (const name of await tables()) await bench.clickhouse.command({ name: "Drop", sql: `DROP TABLE ${name} SYNC` });
    const { rows } = await serving.get({ entities: ["a"] });
    expect([rows[0]?.["n_30d"], failures.length]).toEqual([2, 1]);
    await addEvents(bench.clickhouse, [eventAt(now - MINUTE, { subject: "b" })]);
    expect([await serving.refresh(), await serving.refresh()]).toEqual([false, true]);
    expect((await ask()).rows[0]).toMatchObject({ n_1h: 1 });
  });
});

/** What is in memory. */
async function tables(): Promise<string[]> {
  const rows = await bench.clickhouse.rows<{ name: string }>({
    name: "Tables",
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'serving_')",
  });
  return rows.map(({ name }) => name);
}
