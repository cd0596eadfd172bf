import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { buildTrainingSet } from "./build-training-set.ts";
import type { Manifest } from "./manifest.ts";
import type { Spine } from "./spine-source.ts";
import { addEvents, build, eventAt, iso, MS, project, START, testBench, type TestBench } from "./training.test-support.ts";

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(bench.clickhouse, [eventAt(START - MS, { subject: "7", data: { amount: 2.5 } })]);
});
afterAll(() => bench.close());

const NOW = "2026-01-01T00:00:00Z";

async function file(name: string, text: string): Promise<Spine> {
  const path = join(bench.folder, name);
  await writeFile(path, text);
  return { path };
}

/** The carried columns of a training set: their types and their values. */
async function carried(spine: Spine): Promise<{ types: Record<string, string>; values: Record<string, unknown>[] }> {
  const out = join(bench.folder, `carried-${Math.random()}.csv`);
  const { manifest } = await buildTrainingSet(bench.clickhouse, project, { spine, features: "counts", out });
  const columns = manifest.columns.filter(({ role }) => role === "carried");
  const rows = await build(bench, { spine, features: "counts" });
  return {
    types: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
    values: rows.map((row) => Object.fromEntries(columns.map(({ name }) => [name, row[name]]))),
  };
}

describe("CSV", () => {
  test("columns in any order, quotes, a byte order mark, Windows line ends", async () => {
    const spine = await file("windows.csv", `\uFEFFnote,"time",entity\r\n"a ""b"", c",${NOW},7\r\n"two\nlines",${NOW},8\r\n`);
    expect(await build(bench, { spine, features: "counts" })).toEqual([
      { entity: "7", time: START / MS, note: 'a "b", c', count_10ms: 1 },
      { entity: "8", time: START / MS, note: "two\nlines", count_10ms: 0 },
    ]);
  });

  test("a column is a number or a truth value only if every value is, and ids keep their digits", async () => {
    const head = "entity,time,whole,real,yes,zip,id,huge,mixed,empty";
    const rows = [
      `a,${NOW},1,1,true,01234,1,12345678901234567890,1,`,
      `b,${NOW},-9223372036854775808,-1.5e3,False,99999,9223372036854775807,1,x,`,
      `c,${NOW},,,,,,,,`,
    ];
    const { types, values } = await carried(await file("types.csv", [head, ...rows, ""].join("\n")));
    expect(types).toEqual({
      whole: "Nullable(Int64)",
      real: "Nullable(Float64)",
      yes: "Nullable(Bool)",
      zip: "Nullable(String)",
      id: "Nullable(Int64)",
      huge: "Nullable(String)",
      mixed: "Nullable(String)",
      empty: "Nullable(String)",
    });
    expect(values[0]).toMatchObject({ whole: 1, real: 1, yes: true, zip: "01234", huge: "12345678901234567890", mixed: "1", empty: null });
    expect(values[1]).toMatchObject({ real: -1500, yes: false, zip: "99999", huge: "1", mixed: "x" });
    expect(Object.values(values[2]!)).toEqual(Object.values(values[2]!).map(() => null));
  });

  test("names of columns may be anything", async () => {
    const names = ["data", "spine_row", "c0", "a`b", "it's", "back\\slash", "{x:String}", "день"];
    const spine = await file("names.csv", `entity,time,${names.join(",")}\n7,${NOW},${names.map((_, index) => index).join(",")}\n`);
    const [row] = await build(bench, { spine, features: "counts" });
    expect(row).toMatchObject({ ...Object.fromEntries(names.map((name, index) => [name, index])), count_10ms: 1 });
  });

  test("70,000 rows keep their order", async () => {
    const lines = Array.from({ length: 70_000 }, (_, index) => `e${index % 977},${NOW},${index},${"x".repeat(index % 100)}\n`);
    const rows = await build(bench, { spine: await file("long.csv", `entity,time,place,filler\n${lines.join("")}`), features: "counts" });
    expect(rows.every((row, index) => row["place"] === index && row["entity"] === `e${index % 977}`)).toBe(true);
    expect(rows).toHaveLength(70_000);
  });
});

describe("NDJSON", () => {
  test("members of all lines become columns; empty lines do not count", async () => {
    const lines = [
      `{"entity":7,"time":"${NOW}","n":1,"f":1,"b":true,"mixed":1,"id":"007"}`,
      "",
      `{"entity":"8","time":"${NOW}","f":2.5,"b":null,"mixed":{"a":[1]},"id":"8","more":18446744073709551615}\r`,
    ];
    const { types, values } = await carried(await file("mixed.ndjson", lines.join("\n")));
    expect(types).toEqual({
      n: "Nullable(Int64)",
      f: "Nullable(Float64)",
      b: "Nullable(Bool)",
      mixed: "Nullable(String)",
      id: "Nullable(String)",
      more: "Nullable(String)",
    });
    expect(values).toEqual([
      { n: 1, f: 1, b: true, mixed: "1", id: "007", more: null },
      { n: null, f: 2.5, b: null, mixed: '{"a":[1]}', id: "8", more: "18446744073709551615" },
    ]);
  });

  test("members may have any name", async () => {
    const names = ["json", "line", "it's", "a`b", "back\\slash", "{x:String}", "🛒"];
    const row = { entity: "7", time: NOW, ...Object.fromEntries(names.map((name, index) => [name, index])) };
    expect(await build(bench, { spine: { rows: [row] }, features: "counts" })).toEqual([{ ...row, time: START / MS, count_10ms: 1 }]);
  });
});

test("rows of the program: dates, bigints and async iteration", async () => {
  const row = { entity: 7n, time: new Date(START / MS), big: 9_007_199_254_740_993n, none: undefined };
  const out = join(bench.folder, "rows.csv");
  const { manifest } = await buildTrainingSet(bench.clickhouse, project, {
    spine: { rows: ReadableStream.from([row]) },
    features: "counts",
    out,
  });
  expect(manifest.columns.map(({ name, type }) => [name, type])).toEqual([
    ["entity", "String"],
    ["time", "DateTime64(6, 'UTC')"],
    ["big", "Nullable(Int64)"],
    ["count_10ms", "Int64"],
  ]);
  expect(manifest.spine).toMatchObject({ from: "rows", rows: 1 });
});

/** What is known of the columns, leaving aside that Parquet read back makes every column nullable. */
function columnsOf({ columns }: Manifest): string[][] {
  return columns.map(({ name, type, nulls }) => [name, type.replace(/^Nullable\((.*)\)$/, "$1"), String(nulls)]);
}

test("Parquet: a training set can be the spine of the next one, with every type kept", async () => {
  const rows = [
    { entity: "7", time: iso(START), n: 1, f: 0.5, b: true, t: "é" },
    { entity: "8", time: iso(START + 1), n: null, f: null, b: null, t: null },
  ];
  const first = join(bench.folder, "first.parquet");
  const second = join(bench.folder, "second.parquet");
  const one = await buildTrainingSet(bench.clickhouse, project, { spine: { rows }, features: "buyer", out: first });
  const counts = project.features.find(({ name }) => name === "counts")!;
  const set = { ...counts, name: "again", features: { again: counts.features["count_10ms"]! } };
  const two = await buildTrainingSet(
    bench.clickhouse,
    { ...project, features: [set] },
    { spine: { path: first }, features: "again", out: second },
  );
  expect(columnsOf(two.manifest)).toEqual([...columnsOf(one.manifest), ["again", "Int64", "0"]]);
  expect(two.manifest.spine).toEqual({ from: "file", path: first, format: "parquet", rows: 2, sha256: one.manifest.file.sha256 });
  expect(await build(bench, { spine: { path: second }, features: "buyer" }).catch((error: Error) => error.message)).toBe(
    'The spine has a column "count_10ms", and so has the feature set "buyer": rename the spine\'s.',
  );
});

test("Parquet: names of columns may be anything, those of the build too", async () => {
  const names = ["line", "line_", "number", "who", "when", "instant", "spine_row", "carried_0", "feature_0", "type", "data", "a`b", "it's"];
  const row = { entity: "7", time: iso(START), ...Object.fromEntries(names.map((name, index) => [name, index])) };
  const path = join(bench.folder, "odd.parquet");
  await buildTrainingSet(bench.clickhouse, project, { spine: { rows: [row] }, features: "shop", out: path });
  const [read] = await build(bench, { spine: { path }, features: "counts" });
  expect(read).toEqual({ ...row, time: START / MS, count_20ms: 0, max_20ms: null, count_10ms: 1 });
});

test.each([
  ["2026-01-01T00:00:00Z", START],
  ["2026-01-01t00:00:00z", START],
  ["2026-01-01 00:00:00+00:00", START],
  ["2026-01-01T05:30:00+05:30", START],
  ["2025-12-31T16:00:00-08:00", START],
  ["2026-01-01T00:00:00.000001Z", START + 1],
  ["2026-01-01T00:00:00.000001999Z", START + 1],
  ["2025-12-31T23:59:59.5Z", START - 500 * MS],
  ["1970-01-01T01:00:00.25+01:00", 250 * MS],
  ["2024-02-29T12:00:00Z", Date.UTC(2024, 1, 29, 12) * MS],
  ["2200-12-31T23:59:59.999999Z", 7_289_654_399_999_999],
  ["2016-12-31T23:59:60.5Z", 1_483_228_800_500_000],
  ["2017-01-01T05:29:60+05:30", 1_483_228_800_000_000],
])("the time %s is read to the microsecond", async (time, micros) => {
  const out = join(bench.folder, `${Math.random()}.csv`);
  await buildTrainingSet(bench.clickhouse, project, { spine: { rows: [{ entity: "x", time }] }, features: "counts", out });
  expect(await readFile(out, "utf8")).toBe(`"entity","time","count_10ms"\n"x","${iso(micros)}",0\n`);
});
