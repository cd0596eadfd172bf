import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { buildSplitTrainingSet, buildTrainingSet } from "./build-training-set.ts";
import { readManifest } from "./manifest.ts";
import { manifestPath } from "./training-file.ts";
import { addEvents, build, eventAt, iso, MS, project, START, testBench, type TestBench } from "./training.test-support.ts";
import { verifyTrainingSet } from "./verify-training-set.ts";

let bench: TestBench;
const at = (ms: number): number => START + ms * MS;
/** Payments of "a" and "b" in turns, a millisecond apart, of 0, 1, 2 …; every fifth by nobody. */
const payments = Array.from({ length: 20 }, (_, n) =>
  eventAt(at(n), { subject: n % 5 === 4 ? "" : ["a", "b"][n % 2]!, data: { amount: n, shop: { id: n % 3 } } }),
);

beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(bench.clickhouse, payments);
});
afterAll(() => bench.close());

describe("a spine of events", () => {
  test("has a row for each event with an entity, in order of time, and counts none of them in itself", async () => {
    const rows = await build(bench, { spine: { each: "paid", carry: ["amount", "shop.id"] }, features: "counts" });
    const wanted = payments.filter(({ subject }) => subject !== "");
    expect(rows.map(({ entity, amount, "shop.id": shop }) => [entity, amount, shop])).toEqual(
      wanted.map(({ subject, seq }) => [subject, seq - payments[0]!.seq, (seq - payments[0]!.seq) % 3]),
    );
    const before = wanted.map(
      ({ subject, time }) =>
        payments.filter((other) => other.subject === subject && other.time < time && other.time >= time - 10 * MS).length,
    );
    expect(rows.map(({ count_10ms }) => count_10ms)).toEqual(before);
  });

  test("is of a range, half-open, and ends at the watermark", async () => {
    const range = { from: iso(at(5)), to: iso(at(8)) };
    const rows = await build(bench, { spine: { each: "paid", ...range, carry: ["amount"] }, features: "counts" });
    expect(rows.map(({ amount }) => amount)).toEqual([5, 6, 7]);
    const asOf = { S: { epoch: 1, seq: payments[6]!.seq } };
    const seen = await build(bench, { spine: { each: "paid", ...range, carry: ["amount"] }, features: "counts", asOf });
    expect(seen.map(({ amount }) => amount)).toEqual([5, 6]);
  });

  test.each([
    [{ each: "payed" }, 'The project has no event "payed": did you mean "paid"?'],
    [{ each: "paid", carry: ["amont"] }, 'Event "paid" has no field "amont": did you mean "amount"?'],
    [{ each: "paid", from: iso(at(9)), to: iso(at(9)) }, '"to" must lie after "from": the range is half-open, [from, to).'],
    [{ each: "seen" }, "The spine of seen has no rows."],
  ])("refuses %j", async (spine, sentence) => {
    await expect(build(bench, { spine, features: "counts" })).rejects.toThrow(sentence);
  });
});

describe("a spine by SQL", () => {
  const sql =
    "SELECT subject AS entity, max(time) + INTERVAL 1 MILLISECOND AS time, count() AS n FROM events WHERE subject != '' GROUP BY subject";

  test("has the rows of a statement, in order of time and entity, with types of its own", async () => {
    expect(await build(bench, { spine: { sql }, features: "counts" })).toEqual([
      { entity: "b", time: (at(17) + MS) / MS, n: 8, count_10ms: 4 },
      { entity: "a", time: (at(18) + MS) / MS, n: 8, count_10ms: 4 },
    ]);
  });

  test("takes bound values", async () => {
    const bound = { sql: "SELECT {who:String} AS entity, now64(6) AS time", params: { who: "a;b" } };
    expect((await build(bench, { spine: bound, features: "counts" })).map(({ entity }) => entity)).toEqual(["a;b"]);
  });

  test.each([
    ["SELECT 1 AS entity", 'The query has no column "time": it has entity.'],
    ["SELECT 'a' AS entity, toDate('2026-01-01') AS time", "Row 1 of The query has the time"],
    ["SELECT 'a' AS entity, now64(6) AS time, data.amount AS amount FROM events", 'Column "amount" of the query is of type Dynamic'],
    ["INSERT INTO events SELECT * FROM events", "ClickHouse cannot run it"],
    ["SELECT nothing FROM nowhere", "ClickHouse cannot run it"],
  ])("refuses %s", async (statement, sentence) => {
    await expect(build(bench, { spine: { sql: statement }, features: "counts" })).rejects.toThrow(sentence);
    expect(await bench.clickhouse.rows({ name: "Count", sql: "SELECT count() AS n FROM events" })).toEqual([{ n: "20" }]);
  });
});

test.each([
  ["events", { each: "paid", carry: ["amount"] }],
  ["sql", { sql: "SELECT subject AS entity, time FROM events WHERE subject = 'a'" }],
])("a set with a spine of %s can be verified from its manifest alone", async (name, spine) => {
  const out = join(bench.folder, `${name}.parquet`);
  await buildTrainingSet(bench.clickhouse, project, { spine, features: "buyer", out });
  expect(await verifyTrainingSet(bench.clickhouse, project, { manifest: manifestPath(out) })).toMatchObject({ ok: true, problems: [] });
});

describe("a split", () => {
  test("by time: later rows are the test's", async () => {
    const out = join(bench.folder, "timed.csv");
    const spine = { each: "paid", carry: ["amount"] };
    const parts = await buildSplitTrainingSet(bench.clickhouse, project, { spine, features: "counts", out, split: `time:${iso(at(10))}` });
    expect(parts.map(({ path, manifest }) => [path, manifest.rows, manifest.split?.part])).toEqual([
      [join(bench.folder, "timed.train.csv"), 8, "train"],
      [join(bench.folder, "timed.test.csv"), 8, "test"],
    ]);
    const lines = (await readFile(parts[1]!.path, "utf8")).trim().split("\n").slice(1);
    expect(lines.map((line) => Number(line.split(",")[2]))).toEqual([10, 11, 12, 13, 15, 16, 17, 18]);
    for (const { path } of parts)
      expect(await verifyTrainingSet(bench.clickhouse, project, { manifest: manifestPath(path) })).toMatchObject({ ok: true });
  });

  test("by entity: each is on one side, by about the share", async () => {
    const rows = Array.from({ length: 2_000 }, (_, n) => ({ entity: `e${n % 1_000}`, time: iso(at(n)) }));
    const out = join(bench.folder, "shared.csv");
    const parts = await buildSplitTrainingSet(bench.clickhouse, project, { spine: { rows }, features: "counts", out, split: "entity:20%" });
    const sides = await Promise.all(
      parts.map(
        async ({ path }) =>
          new Set(
            (await readFile(path, "utf8"))
              .trim()
              .split("\n")
              .slice(1)
              .map((line) => line.split(",")[0]),
          ),
      ),
    );
    expect(sides[0]!.size + sides[1]!.size).toBe(1_000);
    expect(sides[1]!.size).toBeGreaterThan(150);
    expect(sides[1]!.size).toBeLessThan(250);
    expect((await readManifest(manifestPath(parts[1]!.path))).split).toEqual({ rule: "entity:20%", part: "test" });
  });

  test.each(["time:", "entity:0%", "entity:200%", "half", "time:soon"])("refuses %j", async (split) => {
    const request = { spine: { each: "paid" }, features: "counts", out: join(bench.folder, "no.csv"), split: split as "time:x" };
    await expect(buildSplitTrainingSet(bench.clickhouse, project, request)).rejects.toThrow(/split/);
  });

  test("refuses a part without a row, and leaves nothing behind", async () => {
    const request = { spine: { each: "paid" }, features: "counts", out: join(bench.folder, "none.csv"), split: "time:2030-01-01" } as const;
    await expect(buildSplitTrainingSet(bench.clickhouse, project, request)).rejects.toThrow("leaves test without a row");
    await expect(readFile(join(bench.folder, "none.train.csv"))).rejects.toThrow("ENOENT");
  });
});
