import { spawnSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RecordBatchReader, tableFromIPC, type Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { defineFeatures, latest, over } from "../model/index.ts";
import {
  addEvents,
  eventAt,
  paid,
  payments,
  project,
  seen,
  START,
  testBench,
  type TestBench,
} from "../queries/features/training.test-support.ts";
import { buildTrainingSet, readManifest } from "../queries/index.ts";
import { python } from "./support/python.ts";
import { ROOT } from "./support/user-project.ts";

/** One row with all its values and one without, as label rows bring them. */
const LABELS = `SELECT * FROM values(
  'entity String, time DateTime64(6, \\'UTC\\'), id Int64, huge UInt64, share Nullable(Float64), kind LowCardinality(String), word Nullable(String), ok Nullable(Bool), day Nullable(Date), second DateTime(\\'Asia/Tokyo\\'), level Enum8(\\'low\\' = 1, \\'high\\' = 2), code FixedString(4)',
  ('ann', '2026-01-02 00:00:00.123456', 9007199254740993, 18446744073709551615, 0.1, 'é✓', 'x"y', true, '2026-01-01', '2026-01-02 09:00:01', 'high', 'EUR'),
  ('bob', '2026-01-03 00:00:00.000001', -9223372036854775808, 0, NULL, '', NULL, NULL, NULL, '2026-01-02 09:00:00', 'low', 'ab'))`;

const WANTED = [
  {
    entity: "ann",
    time: "2026-01-02T00:00:00.123456Z",
    id: "9007199254740993",
    huge: "18446744073709551615",
    share: "0.1",
    kind: "é✓",
    word: 'x"y',
    ok: "true",
    day: "2026-01-01",
    second: "2026-01-02T00:00:01.000000Z",
    level: "high",
    code: "EUR",
    payments_7d: "2",
    page: "/a",
    amount: "0.30000000000000004",
  },
  {
    entity: "bob",
    time: "2026-01-03T00:00:00.000001Z",
    id: "-9223372036854775808",
    huge: "0",
    share: null,
    kind: "",
    word: null,
    ok: null,
    day: null,
    second: "2026-01-02T00:00:00.000000Z",
    level: "low",
    code: "ab",
    payments_7d: "0",
    page: null,
    amount: null,
  },
];

const set = defineFeatures({
  name: "typed",
  entity: "subject",
  features: { payments: over(payments, { window: ["7d"] }), page: latest(seen, "page"), amount: latest(paid, "amount") },
});

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(bench.clickhouse, [
    eventAt(START, { subject: "ann", data: { amount: 0.5 } }),
    eventAt(START + 1, { subject: "ann", data: { amount: 0.1 + 0.2 } }),
    eventAt(START + 2, { subject: "ann", type: "seen", data: { page: "/a" } }),
  ]);
});
afterAll(() => bench.close());

async function build(name: string, sql = LABELS): Promise<string> {
  const out = join(bench.folder, name);
  await buildTrainingSet(bench.clickhouse, project, { spine: { sql }, features: set, out });
  return out;
}

/** Moments in UTC to the microsecond, and whole numbers with all their digits, as text. Of apache-arrow's timestamps the raw whole numbers are read: its own getter gives milliseconds. */
function texts(table: Table): Record<string, string | null>[] {
  const rows = Array.from({ length: table.numRows }, (): Record<string, string | null> => ({}));
  for (const { name, type } of table.schema.fields) {
    const column = table.getChild(name);
    for (const [at, row] of rows.entries()) {
      const value = (column?.get(at) ?? null) as string | number | bigint | boolean | null;
      const raw = (column?.data[0]?.values as BigInt64Array | undefined)?.[at] ?? 0n;
      if (value === null) row[name] = null;
      else if (String(type).startsWith("Timestamp")) row[name] = moment(raw);
      else if (String(type).startsWith("Date")) row[name] = new Date(Number(value)).toISOString().slice(0, 10);
      else row[name] = String(value);
    }
  }
  return rows;
}

function moment(micros: bigint): string {
  return `${new Date(Number(micros / 1_000n)).toISOString().slice(0, -1)}${String(micros % 1_000n).padStart(3, "0")}Z`;
}

/** Types by column, but for spellings. */
const TYPES = {
  time: /timestamp<microsecond, utc>|timestamp\[us, tz=utc\]|datetime\(time_unit='us', time_zone='utc'\)|timestamp with time zone/,
  id: /^(int64|bigint)$/,
  huge: /^(uint64|ubigint)$/,
  share: /^(float64|double)$/,
  kind: /^(utf8|string|varchar)$/,
  ok: /^(bool|boolean)$/,
  day: /^date/,
  second: /timestamp|datetime/,
  level: /^(utf8|string|varchar)$/,
  code: /^(utf8|string|varchar)$/,
  payments_7d: /^(int64|bigint)$/,
  amount: /^(float64|double)$/,
} as const;

function expectTypes(types: Readonly<Record<string, string>>): void {
  for (const [column, pattern] of Object.entries(TYPES)) expect(`${types[column]?.toLowerCase()}`).toMatch(pattern);
}

/** The address of rows as an ArrowStream, over ClickHouse's own HTTP interface. */
function streamUrl(sql: string): string {
  const settings = { output_format_arrow_compression_method: "none", output_format_arrow_low_cardinality_as_dictionary: "1" };
  const query = `${sql} FORMAT ArrowStream`;
  return `${inject("clickhouseUrl")}/?${new URLSearchParams({ database: bench.clickhouse.database, query, ...settings }).toString()}`;
}

const STREAMED = "SELECT time, type, subject, data.amount.:Float64 AS amount FROM events WHERE type = 'paid' ORDER BY time";

describe("the types of a training set", () => {
  it("come out of an Arrow file in apache-arrow", async () => {
    const table = tableFromIPC(await readFile(await build("typed.arrow")));
    expect(texts(table)).toEqual(WANTED);
    expectTypes(Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)])));
  });

  it("come out of Parquet and Arrow files in pyarrow, polars and DuckDB", async ({ skip }) => {
    const found = python(["pyarrow", "polars", "duckdb"]);
    const program = "program" in found ? found.program : skip(found.missing);
    const files = [await build("python.parquet"), await build("python.arrow"), streamUrl(STREAMED)];
    const script = join(ROOT, "tests/support/read-training-set.py");
    const { status, stderr, stdout } = spawnSync(program, [script, ...files], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    type Seen = Readonly<Record<string, { readonly types: Readonly<Record<string, string>>; readonly rows: unknown }>>;
    const { "pyarrow, ArrowStream": streamed, ...readers } = JSON.parse(stdout) as Seen;
    expect(Object.keys(readers)).toHaveLength(5);
    for (const [reader, { rows, types }] of Object.entries(readers)) {
      expect([reader, rows]).toEqual([reader, WANTED]);
      expectTypes(types);
    }
    expect(streamed?.types["type"]).toMatch(/^dictionary<values=string/);
    expect(streamed?.rows).toMatchObject([
      { amount: "0.5" },
      { amount: "0.30000000000000004", time: "2026-01-01T00:00:00.000001Z", type: "paid" },
    ]);
  });

  it("are read in record batches, of a file that need not fit into memory", async () => {
    const path = await build(
      "long.arrow",
      "SELECT toString(number % 7) AS entity, toDateTime64('2026-01-02 00:00:00', 6, 'UTC') AS time FROM numbers(70000)",
    );
    const sizes: number[] = [];
    for await (const batch of await RecordBatchReader.from(createReadStream(path))) sizes.push(batch.numRows);
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((all, size) => all + size, 0)).toBe((await readManifest(`${path}.manifest.json`)).rows);
  });

  it("come straight from ClickHouse over HTTP, batch by batch", async () => {
    const { body } = await fetch(streamUrl(STREAMED));
    if (!body) throw new Error("The answer has no body.");
    const rows: Record<string, string | null>[] = [];
    for await (const batch of await RecordBatchReader.from(body)) {
      expect(String(batch.getChild("type")?.type)).toMatch(/^Dictionary<.*Utf8>$/);
      rows.push(...batch.toArray().map((row) => row.toJSON() as Record<string, string | null>));
    }
    expect(rows.map(({ amount, subject, type }) => [subject, type, amount])).toEqual([
      ["ann", "paid", 0.5],
      ["ann", "paid", 0.1 + 0.2],
    ]);
  });
});
