import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { MetricFeature } from "../../model/index.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import { describeDefinition, manifestText, readManifest } from "./manifest.ts";
import type { Spine } from "./spine-source.ts";
import { iso, MS, project, START, testBench, type TestBench } from "./training.test-support.ts";

let bench: TestBench;
let spine: Spine;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  const path = join(bench.folder, "labels.csv");
  await writeFile(path, `entity,time,paid\nc1,${iso(START)},true\nc2,${iso(START + MS)},false\n`);
  spine = { path };
});
afterAll(() => bench.close());

test("the manifest says what the file is", async () => {
  const out = join(bench.folder, "said.parquet");
  const { manifest } = await buildTrainingSet(bench.clickhouse, project, { spine, features: "counts", out });
  const bytes = await readFile(out);
  expect(await readManifest(`${out}.manifest.json`)).toEqual(manifest);
  expect(manifest.file).toEqual({ format: "parquet", bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  expect(manifest).toMatchObject({
    formatVersion: 1,
    project: "features_test",
    features: {
      name: "counts",
      entity: [{ name: "entity", field: "subject" }],
      features: [
        {
          name: "count_10ms",
          kind: "window",
          event: "paid",
          measure: { kind: "count" },
          filters: [],
          window: "10ms",
          delay: "0s",
          lag: "0s",
        },
      ],
    },
    rows: 2,
    columns: [
      { name: "entity", type: "String", role: "entity", nulls: 0 },
      { name: "time", type: "DateTime64(6, 'UTC')", role: "time", nulls: 0 },
      { name: "paid", type: "Nullable(Bool)", role: "carried", nulls: 0 },
      {
        name: "count_10ms",
        type: "Int64",
        role: "feature",
        nulls: 0,
        unit: null,
        missing: null,
        definition: "count of paid in [T - 10ms, T)",
        description: null,
      },
    ],
  });
  const csv = await readFile(join(bench.folder, "labels.csv"));
  expect(manifest.spine).toEqual({
    from: "file",
    path: join(bench.folder, "labels.csv"),
    format: "csv",
    rows: 2,
    sha256: createHash("sha256").update(csv).digest("hex"),
  });
});

test("the definition's hash changes with the definition, and with nothing else", async () => {
  const [buyer, , counts] = project.features;
  const hash = describeDefinition(counts!).sha256;
  expect(describeDefinition({ ...counts!, description: "other words" }).sha256).toBe(hash);
  expect(describeDefinition(buyer!).sha256).not.toBe(hash);
  const metric = project.metrics[0]!;
  const hashOf = (feature: Omit<MetricFeature, "metric">): string =>
    describeDefinition({ ...counts!, features: { count_10ms: { metric, ...feature } } }).sha256;
  expect(hashOf({ window: "10ms", unit: "payments", description: "words" })).toBe(hash);
  expect(hashOf({ window: "10ms", delay: "1ms" })).not.toBe(hash);
  expect(hashOf({ window: "10ms", lag: "1ms" })).not.toBe(hash);
  expect(hashOf({ window: "10ms", filter: { amount: 1 } })).not.toBe(hash);
  expect(hashOf({ window: "11ms" })).not.toBe(hash);
});

test("types survive into apache-arrow", async () => {
  const out = join(bench.folder, "types.arrow");
  await buildTrainingSet(bench.clickhouse, project, {
    spine: { rows: [{ entity: "c1", time: iso(START + 1), n: 1, f: 0.5, b: true, t: "é" }] },
    features: "buyer",
    out,
  });
  const table = tableFromIPC(await readFile(out));
  expect(
    Object.fromEntries(table.schema.fields.map(({ name, type, nullable }) => [name, `${String(type)}${nullable ? " or null" : ""}`])),
  ).toMatchObject({
    entity: "Utf8",
    time: "Timestamp<MICROSECOND, UTC>",
    n: "Int64 or null",
    f: "Float64 or null",
    b: "Bool or null",
    t: "Utf8 or null",
    count_10ms: "Int64",
    sum_20ms: "Float64 or null",
    page_10ms: "Utf8 or null",
  });
});

describe("a file that is no manifest", () => {
  test.each([
    ["broken", "{", "the file: Invalid input: expected object, received undefined"],
    ["newer", JSON.stringify({ formatVersion: 2 }), "formatVersion: Invalid input: expected 1"],
  ])("%s", async (name, text, complaint) => {
    const path = join(bench.folder, `${name}.json`);
    await writeFile(path, text);
    await expect(readManifest(path)).rejects.toThrow(`"${path}" is no manifest of a training set: ${complaint}.`);
  });

  test("absent", async () => {
    await expect(readManifest("/nowhere.json")).rejects.toThrow('The manifest "/nowhere.json" cannot be read');
  });
});

test("a manifest as text is the same for the same contents, and is checked", async () => {
  const name = (await readdir(bench.folder)).find((file) => file.endsWith(".manifest.json"));
  const path = join(bench.folder, name!);
  const manifest = await readManifest(path);
  expect(manifestText(manifest)).toBe(await readFile(path, "utf8"));
  expect(() => manifestText({ ...manifest, rows: -1 })).toThrow("rows");
});
