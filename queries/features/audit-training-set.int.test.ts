import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { auditTrainingSet } from "./audit-training-set.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import { manifestPath } from "./training-file.ts";
import { addEvents, eventAt, iso, MS, project, START, testBench, type TestBench } from "./training.test-support.ts";

let bench: TestBench;
const at = (ms: number): number => START + ms * MS;
/** Payments of "a" a millisecond apart; every third became known 4 ms after it happened. */
const payments = Array.from({ length: 30 }, (_, n) => eventAt(at(n), { known_at: at(n % 3 === 0 ? n + 4 : n), data: { amount: n } }));
const rows = [10, 20, 25].map((ms) => ({ entity: "a", time: iso(at(ms)) }));

beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(bench.clickhouse, payments);
});
afterAll(() => bench.close());

const audit = (manifest: string, labels?: number) =>
  auditTrainingSet(bench.clickhouse, project, { manifest, ...(labels === undefined ? {} : { labels }) });

test("finds the same values where the log ends with what was known, counts what was not, and leaves no database behind", async () => {
  const out = join(bench.folder, "honest.parquet");
  await buildTrainingSet(bench.clickhouse, project, { spine: { rows }, features: "buyer", out });
  const late = rows.flatMap(({ time }) => payments.filter((event) => iso(event.time) < time && iso(event.known_at) > time));
  expect(late.length).toBeGreaterThan(0);
  // What an audit left that was killed two days ago.
  const abandoned = `audit_${Math.floor(Date.now() / 1_000) - 172_800}_0123456789abcdef`;
  await bench.clickhouse.command({ name: "Leave one behind", sql: `CREATE DATABASE ${abandoned}` });
  const told: number[] = [];
  const found = await auditTrainingSet(bench.clickhouse, project, { manifest: manifestPath(out), onProgress: (done) => told.push(done) });
  expect(found).toEqual({ ok: true, labels: 3, knownLater: late.length, differences: [] });
  expect(told).toEqual([1, 2, 3]);
  expect(
    await bench.clickhouse.rows({ name: "Databases", sql: "SELECT name FROM system.databases WHERE startsWith(name, 'audit_')" }),
  ).toEqual([]);
  expect(await audit(manifestPath(out), 1)).toMatchObject({ ok: true, labels: 1 });
  await expect(audit(manifestPath(out), 0)).rejects.toThrow("whole number from 1 to 10,000");
});

test("finds a value that counted what became known later", async () => {
  const out = join(bench.folder, "leaky.csv");
  await buildTrainingSet(bench.clickhouse, project, { spine: { rows }, features: "counts", out });
  // The payment at 19 ms, which the label at 20 ms counted, was in truth known at 24 ms only.
  await bench.clickhouse.command({
    name: "Know it later",
    sql: `ALTER TABLE events UPDATE known_at = known_at + INTERVAL 5 MILLISECOND WHERE seq = ${payments[19]!.seq} SETTINGS mutations_sync = 2`,
  });
  const found = await audit(manifestPath(out));
  expect(found).toMatchObject({ ok: false, labels: 3 });
  expect(found.differences).toMatchObject([{ feature: "count_10ms", rows: 1, first: { row: 2, entity: "a", before: "9", after: "8" } }]);
});
