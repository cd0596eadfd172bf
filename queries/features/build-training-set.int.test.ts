import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import { buildTrainingSet, type TrainingSetRequest } from "./build-training-set.ts";
import { addEvents, eventAt, iso, MS, project, START, testBench, type TestBench } from "./training.test-support.ts";

let bench: TestBench;
let before: string[];
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(bench.clickhouse, [eventAt(START - MS)]);
});
afterAll(() => bench.close());
beforeEach(async () => {
  before = await readdir(bench.folder);
});

const rows = [{ entity: "a", time: iso(START) }];

function build(request: Partial<TrainingSetRequest>): Promise<unknown> {
  const out = join(bench.folder, "never.parquet");
  return buildTrainingSet(bench.clickhouse, project, { spine: { rows }, features: "counts", out, ...request });
}

/** The sentence with which a build fails, and what it leaves behind: files beside those of before, tables. */
async function refusal(request: Partial<TrainingSetRequest>): Promise<{ sentence: string; left: string[] }> {
  const sentence = await build(request).then(
    () => "it was built",
    (error: unknown) => (error as Error).message,
  );
  const files = (await readdir(bench.folder)).filter((name) => !before.includes(name));
  return { sentence, left: [...files, ...(await tables())] };
}

/** A refusal that says this and leaves nothing behind. */
function saying(sentence: string): { sentence: unknown; left: string[] } {
  return { sentence: expect.stringContaining(sentence), left: [] };
}

async function tables(): Promise<string[]> {
  const found = await bench.clickhouse.rows<{ name: string }>({ name: "Show", sql: "SHOW TABLES LIKE 'building%'" });
  return found.map(({ name }) => name);
}

async function file(name: string, contents: string | Buffer): Promise<Partial<TrainingSetRequest>> {
  const path = join(bench.folder, name);
  await writeFile(path, contents);
  before.push(name);
  return { spine: { path } };
}

describe("a spine that will not do", () => {
  const good = "a,2026-01-01T00:00:00Z";
  test.each([
    ["entity.csv", "entity,when\na,b", 'entity.csv has no column "time": it has entity, when.'],
    ["near.csv", "Entity,time\na,b", 'near.csv has no column "entity": did you mean to rename "Entity"?'],
    ["twice.csv", "entity,time,x,x\na,b,c,d", 'twice.csv has two columns named "x": rename one.'],
    ["empty.csv", "", "empty.csv has no header: its first line must name the columns, on that one line."],
    ["open.csv", 'entity,"ti\nme"\na,b', "open.csv has no header: its first line must name the columns, on that one line."],
    ["none.csv", "entity,time\n", "none.csv has no rows."],
    [
      "ragged.csv",
      `entity,time\n${good}\n${good},c\n`,
      "ragged.csv cannot be read as csv (row 2): a row has too few or too many fields, or the file is broken.",
    ],
    [
      "short.csv",
      `entity,time\n${good}\na\n`,
      "short.csv cannot be read as csv (row 2): a row has too few or too many fields, or the file is broken.",
    ],
    ["nobody.csv", `entity,time\n${good}\n,2026-01-01T00:00:00Z\n`, "Row 2 of nobody.csv has no entity."],
    ["never.csv", `entity,time\n${good}\na,\n`, "Row 2 of never.csv has no time."],
    [
      "zoneless.csv",
      `entity,time\n${good}\na,2026-01-01 00:00:00\n`,
      'Row 2 of zoneless.csv has the time "2026-01-01 00:00:00", which has no zone: write it as in "2026-11-27T08:00:00Z" or "2026-11-27T09:00:00+01:00".',
    ],
    ["day.csv", "entity,time\na,2026-01-01\n", 'Row 1 of day.csv has the time "2026-01-01", which has no zone'],
    [
      "epoch.csv",
      "entity,time\na,1767225600\n",
      'Row 1 of epoch.csv has the time "1767225600", which cannot be read: write it as in "2026-11-27T08:00:00Z".',
    ],
    [
      "february.csv",
      "entity,time\na,2026-02-30T00:00:00Z\n",
      'Row 1 of february.csv has the time "2026-02-30T00:00:00Z", which cannot be read',
    ],
    ["hour.csv", "entity,time\na,2026-01-01T24:00:00Z\n", "which cannot be read"],
    [
      "old.csv",
      "entity,time\na,1969-12-31T23:59:59Z\n",
      'Row 1 of old.csv has the time "1969-12-31T23:59:59Z": only 1970 to 2200 will do.',
    ],
    ["broken.ndjson", `{"entity":"a","time":"2026-01-01T00:00:00Z"}\n\n{"entity":\n`, "Line 3 of broken.ndjson is no JSON object."],
    ["list.ndjson", "[1]\n", "Line 1 of list.ndjson is no JSON object."],
    ["number.ndjson", '\n{"entity":"a","time":1767225600}\n', 'Line 2 of number.ndjson has the time "1767225600", which cannot be read'],
    ["nothing.ndjson", "\n", 'nothing.ndjson has no column "entity": it has none.'],
    ["text.parquet", "entity,time\n", "text.parquet is no Parquet file."],
    ["labels.txt", "", "is of no known kind: name it .csv, .ndjson, .parquet or .sql."],
  ])("%s", async (name, contents, sentence) => {
    expect(await refusal(await file(name, contents))).toEqual(saying(sentence));
  });

  test("Parquet whose times have no zone", async () => {
    // Written by pyarrow 26: entity "a", time 2026-01-01 as timestamp[us] without a zone.
    const naive =
      "UEFSMRUAFRYVFiwVAhUAFQYVBhwAAAACAAAAAgEBAAAAYRUAFRwVHCwVAhUAFQYVBhwAAAACAAAAAgEAQCBGSEcGABUEGTw1ABgGc2NoZW1hFQQAFQwlAhgGZW50aXR5JQBMHAAAABUEJQIYBHRpbWUlFEyMEhwsAAAAAAAWAhkcGSwmABwVDBklBgAZGAZlbnRpdHkVABYCFjwWPCYISRwVABUAFQIAPBYCGQYZJgACAAAAJgAcFQQZJQYAGRgEdGltZRUAFgIWQhZCJkRJHBUAFQAVAgA8KQYZJgACAAAAFn4WAiYIFn4AKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAANIAAABQQVIx";
    const request = await file("naive.parquet", Buffer.from(naive, "base64"));
    expect(await refusal(request)).toEqual(
      saying('The times of naive.parquet have no zone: write them with one (in pandas: df["time"].dt.tz_localize("UTC")).'),
    );
  });

  test("a file that is not there", async () => {
    expect(await refusal({ spine: { path: "/nowhere/labels.csv" } })).toEqual(saying('The spine "/nowhere/labels.csv" cannot be read'));
  });

  test("rows of the program without a zone", async () => {
    expect(await refusal({ spine: { rows: [{ entity: "a", time: "2026-01-01T00:00:00" }] } })).toEqual(
      saying("Row 1 of the spine has the time"),
    );
  });

  test("rows that fail as they are made", async () => {
    expect(await refusal({ spine: { rows: failingRows() } })).toEqual(saying("the labels are gone"));
  });
});

async function* failingRows(): AsyncGenerator<{ entity: string; time: Date }> {
  for (let index = 0; index < 5_000; index++) yield await Promise.resolve({ entity: "a", time: new Date(0) });
  throw new Error("the labels are gone");
}

describe("a request that cannot be met", () => {
  test("an unknown feature set", async () => {
    expect(await refusal({ features: "bayer" })).toEqual(
      saying('Project "features_test" has no feature set "bayer": did you mean "buyer"?'),
    );
    expect(await refusal({ features: "something" })).toEqual(
      saying('Project "features_test" has no feature set "something": there are: buyer, shop, counts.'),
    );
  });

  test("a feature set made for the occasion, with a mistake", async () => {
    const metric = project.metrics[0]!;
    const set = { name: "mine", entity: "subject", features: { n: { metric, window: "0s" } } };
    expect(await refusal({ features: set })).toEqual(
      saying('The feature set "mine" cannot be built: features.mine.n.window must be a duration above zero'),
    );
  });

  test("an output of no known kind, or in no folder", async () => {
    expect(await refusal({ out: join(bench.folder, "train.txt") })).toEqual(saying("says no format: end it in .parquet, .arrow or .csv."));
    expect(await refusal({ out: join(bench.folder, "no", "train.csv") })).toEqual(
      saying(`There is no folder "${join(bench.folder, "no")}" to write "train.csv" to`),
    );
  });

  test("an output that exists is kept, unless it is to be replaced", async () => {
    const out = join(bench.folder, "kept.csv");
    await file("kept.csv", "mine");
    expect(await refusal({ out })).toEqual(saying(`"${out}" exists already: choose another path, or replace it with "force".`));
    expect(await readFile(out, "utf8")).toBe("mine");
    await build({ out, force: true });
    expect(await readFile(out, "utf8")).toBe(`"entity","time","count_10ms"\n"a","${iso(START)}",1\n`);
  });

  test("a manifest whose training set is gone is kept as well", async () => {
    const out = join(bench.folder, "lost.csv");
    await file("lost.csv.manifest.json", "{}");
    expect(await refusal({ out })).toEqual(saying(`"${out}.manifest.json" exists already`));
  });
});

test("tables that a killed build left a day ago are dropped, younger ones and others are kept", async () => {
  const { clickhouse } = bench;
  const yesterday = Math.floor(Date.now() / 1_000) - 86_401;
  const old = `building_spine_${yesterday}_0123456789abcdef`;
  const kept = [`building_a_house_${yesterday}`, `building_spine_${yesterday + 3_600}_0123456789abcdef`];
  for (const name of [old, ...kept]) await clickhouse.command({ name: "Create", sql: `CREATE TABLE ${name} (x Int8) ENGINE = Log` });
  await build({ out: join(bench.folder, "after.csv") });
  expect(await tables()).toEqual(kept);
  for (const name of kept) await clickhouse.command({ name: "Drop", sql: `DROP TABLE ${name}` });
});

test("a ClickHouse that is not there", async () => {
  const clickhouse = connectClickHouse({ url: "http://127.0.0.1:9", database: "none" });
  const out = join(bench.folder, "unreached.csv");
  await expect(buildTrainingSet(clickhouse, project, { spine: { rows }, features: "counts", out })).rejects.toThrow(
    "no answer from ClickHouse",
  );
  await clickhouse.close();
  expect(await readdir(bench.folder)).toEqual(before);
});

test("an answer that breaks off in the middle", async () => {
  const breaking: ClickHouse = {
    ...bench.clickhouse,
    bytes: async (statement) => Readable.from(firstChunk(await bench.clickhouse.bytes(statement))),
  };
  const out = join(bench.folder, "half.parquet");
  const broken = buildTrainingSet(breaking, project, { spine: { rows }, features: "counts", out });
  await expect(broken).rejects.toThrow(`"${out}" was not written: ClickHouse broke off in the middle of the answer.`);
  expect(await readdir(bench.folder)).toEqual(before);
  expect(await tables()).toEqual([]);
});

/** What a reader sees of a connection that is reset after the first bytes. */
async function* firstChunk(bytes: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    yield chunk as Buffer;
    throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  }
}

test("a database that was never migrated", async () => {
  const clickhouse = bench.clickhouse.inDatabase("default");
  const out = join(bench.folder, "bare.csv");
  await expect(buildTrainingSet(clickhouse, project, { spine: { rows }, features: "counts", out })).rejects.toThrow(
    'run "hydrograph migrate"',
  );
  await clickhouse.close();
});

test("a build that is stopped leaves nothing behind", async () => {
  const controller = new AbortController();
  const stopAt = (wanted: string) => (step: string) => {
    if (step === wanted) controller.abort(new Error("stopped by hand"));
  };
  expect(await refusal({ signal: controller.signal, onStep: stopAt("features") })).toEqual(saying("stopped by hand"));
});
