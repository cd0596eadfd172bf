import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Project } from "../../model/index.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import { diffTrainingSets } from "./diff-training-sets.ts";
import { readManifest } from "./manifest.ts";
import { manifestPath } from "./training-file.ts";
import { addEvents, eventAt, iso, MS, project, START, testBench, type TestBench } from "./training.test-support.ts";
import { verifyTrainingSet } from "./verify-training-set.ts";

let bench: TestBench;
const at = (ms: number): number => START + ms * MS;
const spine = { each: "paid", carry: ["amount"] };

beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(
    bench.clickhouse,
    Array.from({ length: 40 }, (_, n) =>
      eventAt(at(n), { subject: `s${n % 3}`, data: n % 4 === 0 ? {} : { amount: n, shop: { id: n % 5 } } }),
    ),
  );
});
afterAll(() => bench.close());

async function set(name: string, of: Project = project, features = "buyer"): Promise<string> {
  const out = join(bench.folder, name);
  await buildTrainingSet(bench.clickhouse, of, { spine, features, out });
  return manifestPath(out);
}

/** The project with another window for the sum. */
function changed(): Project {
  const [buyer, ...others] = project.features;
  const sum = buyer!.features["sum_20ms"]!;
  return {
    ...project,
    features: [{ ...buyer!, features: { ...buyer!.features, sum_20ms: { ...sum, window: "30ms" } } }, ...others],
  } as Project;
}

const verify = (manifest: string, of = project) => verifyTrainingSet(bench.clickhouse, of, { manifest });

test.each(["parquet", "arrow", "csv"])("a %s file is the same again after late events", async (format) => {
  const manifest = await set(`again.${format}`, project, format === "parquet" ? "buyer" : "counts");
  expect(await verify(manifest)).toMatchObject({ ok: true, problems: [], differences: [] });
  await addEvents(bench.clickhouse, [eventAt(at(3), { subject: "s0", known_at: at(1_000) }), eventAt(at(4), { subject: "s1" })]);
  expect(await verify(manifest)).toMatchObject({ ok: true });
});

test("another spine is told where the tables lost events of it", async () => {
  const manifest = await set("lost.csv", project, "counts");
  const { rows } = await readManifest(manifest);
  await bench.clickhouse.command({ name: "Lose", sql: "DELETE FROM events WHERE type = 'paid' AND data.amount.:Int64 = 38" });
  const verdict = await verify(manifest);
  expect(verdict.ok).toBe(false);
  expect(verdict.problems[0]).toContain(`The spine is another one: ${rows - 1} rows of other contents, where it had ${rows}.`);
});

test("another value is told by feature, with the first row of it", async () => {
  const rows = [
    { entity: "s0", time: iso(at(60)) },
    { entity: "s1", time: iso(at(20)) },
  ];
  const out = join(bench.folder, "values.parquet");
  await buildTrainingSet(bench.clickhouse, project, { spine: { rows }, features: "counts", out });
  expect(await readManifest(manifestPath(out))).toMatchObject({
    rows: 2,
    columns: [{}, {}, { name: "count_10ms", statistics: { kind: "number" } }],
  });
  await bench.clickhouse.command({
    name: "Lose",
    sql: "DELETE FROM events WHERE subject = 's1' AND time = fromUnixTimestamp64Micro(1767225600016000)",
  });
  const verdict = await verifyTrainingSet(bench.clickhouse, project, { manifest: manifestPath(out), spine: { rows } });
  expect(verdict).toMatchObject({
    ok: false,
    differences: [{ feature: "count_10ms", rows: 1, first: { row: 2, entity: "s1", before: "4", after: "3" } }],
  });
  await expect(verify(manifestPath(out))).rejects.toThrow("The spine of this training set was rows of a program: give them again.");
});

test("another definition is told, and nothing computed", async () => {
  const manifest = await set("defined.parquet");
  const verdict = await verify(manifest, changed());
  expect(verdict).toMatchObject({ ok: false, differences: [] });
  expect(verdict.problems[0]).toContain('window of feature sum_20ms is "30ms" instead of "20ms"');
});

test("a file that was changed, or is gone, is no training set any more", async () => {
  const manifest = await set("touched.parquet", project, "counts");
  await appendFile(join(bench.folder, "touched.parquet"), "x");
  await expect(verify(manifest)).rejects.toThrow("is not the file that its manifest tells of");
  await rm(join(bench.folder, "touched.parquet"));
  expect(await verify(manifest)).toMatchObject({ ok: true });
  await expect(diffTrainingSets(bench.clickhouse, manifest, manifest)).resolves.toMatchObject({ same: true });
});

test("two sets differ by definition, data or spine", async () => {
  const before = await set("before.parquet");
  const redefined = await set("redefined.parquet", changed());
  expect(await diffTrainingSets(bench.clickhouse, before, redefined)).toMatchObject({
    same: false,
    definition: ['window of feature sum_20ms is "30ms" instead of "20ms"'],
    data: [],
    spine: [],
    versions: [],
  });
  const { values } = await diffTrainingSets(bench.clickhouse, before, redefined);
  expect(values?.map(({ feature }) => feature)).toEqual(["sum_20ms"]);

  await addEvents(bench.clickhouse, [eventAt(at(5), { subject: "s0" })]);
  const more = await diffTrainingSets(bench.clickhouse, before, await set("more.parquet"));
  expect(more).toMatchObject({ same: false, definition: [], values: undefined });
  expect(more.data[0]).toMatch(/^stream S up to message \d+ instead of \d+ \(\+1\)$/);
  expect(more.spine[0]).toMatch(/^another spine: \d+ rows instead of \d+$/);
});

test("statistics are those of the values", async () => {
  const rows = Array.from({ length: 101 }, (_, n) => ({ entity: `v${n}`, time: iso(at(5_000)) }));
  const events = rows.slice(1).flatMap(({ entity }, n) => [eventAt(at(4_995), { subject: entity, data: { amount: n + 1 } })]);
  const pages = rows
    .slice(0, 30)
    .map(({ entity }, n) => eventAt(at(4_996), { type: "seen", subject: entity, data: { page: n < 20 ? "/a" : `/${n}` } }));
  await addEvents(bench.clickhouse, [...events, ...pages]);
  const { manifest } = await buildTrainingSet(bench.clickhouse, project, {
    spine: { rows },
    features: "buyer",
    out: join(bench.folder, "stats.csv"),
  });
  const of = (name: string) => manifest.columns.find((column) => column.name === name);
  expect(of("sum_20ms")).toMatchObject({
    nulls: 1,
    statistics: {
      min: 1,
      max: 100,
      mean: 50.5,
      quantiles: { p1: 1.99, p5: 5.95, p25: 25.75, p50: 50.5, p75: 75.25, p95: 95.05, p99: 99.01 },
      edges: [10.9, 20.8, 30.7, 40.6, 50.5, 60.4, 70.3, 80.2, 90.1].map((edge) => expect.closeTo(edge) as number),
      counts: [10, 10, 10, 10, 10, 10, 10, 10, 10, 10],
    },
  });
  expect(of("page_10ms")).toMatchObject({ nulls: 71, statistics: { kind: "text", distinct: 11, others: 0 } });
  expect(of("first_20ms")).toMatchObject({ statistics: { min: 1 } });
});
