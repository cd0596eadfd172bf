import { tableFromIPC, tableToIPC, type Table } from "apache-arrow";
import fc from "fast-check";
import { buffer } from "node:stream/consumers";
import { afterAll, describe, expect, inject, it } from "vitest";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { arrowToParquet } from "../sql/arrow-to-parquet.ts";
import type { TrendAnswer, TrendRow } from "../trends/trend-answer.ts";
import { columnsOf } from "./columns-of.ts";
import { toArrow } from "./to-arrow.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 50);
const ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu"];
const clickhouse = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
afterAll(() => clickhouse.close());

const moment = fc.integer({ min: 0, max: 7_258_118_399_999 }).map((ms) => new Date(ms));
const row = fc.record<TrendRow>({
  start: moment,
  end: moment,
  state: fc.constantFrom("open", "provisional", "final"),
  partial: fc.boolean(),
  group: fc.record({ country: fc.option(fc.string({ unit: "grapheme" })), gift: fc.option(fc.boolean()) }),
  values: fc.record({ value: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })) }),
});

function answerOf(rows: readonly TrendRow[], timezone = "UTC"): TrendAnswer {
  return {
    metrics: [{ name: "orders", outputs: ["value"], adds: true }],
    from: new Date(0),
    to: new Date(1),
    grain: "day",
    timezone,
    groupBy: ["country", "gift"],
    outputs: ["value"],
    rows,
    totals: [],
    watermark: {},
    sources: [],
  };
}

/** What a reader of the bytes finds: names and types of the columns, and the rows as plain values. */
function readBack(table: Table): { types: string[]; rows: unknown[] } {
  const read = tableFromIPC(tableToIPC(table, "file"));
  const columns = read.schema.fields.map(({ name, type }) => ({
    name,
    text: `${name}: ${String(type)}`,
    isTime: String(type).startsWith("Timestamp"),
  }));
  const rows = Array.from({ length: read.numRows }, (_, index) =>
    Object.fromEntries(
      columns.map(({ isTime, name }) => {
        const value: unknown = read.getChild(name)?.get(index);
        return [name, isTime && typeof value === "number" ? new Date(value) : value];
      }),
    ),
  );
  return { types: columns.map(({ text }) => text), rows };
}

describe("toArrow", () => {
  it("holds every bucket as the answer does, after a journey through bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), fc.constantFrom(...ZONES), async (rows, zone) => {
        const { rows: read } = readBack(await toArrow(answerOf(rows, zone)));
        expect(read).toEqual(
          rows.map(({ end, group, partial, start, state, values }) => ({ start, end, state, partial, ...group, ...values })),
        );
      }),
      { numRuns: RUNS },
    );
  });

  it("has its types without a row too: moments with the zone, dictionaries of words, doubles", async () => {
    const word = "Dictionary<Int32, Utf8>";
    const types = [
      "start: Timestamp<MILLISECOND, Asia/Kathmandu>",
      "end: Timestamp<MILLISECOND, Asia/Kathmandu>",
      `state: ${word}`,
      "partial: Bool",
      `country: ${word}`,
    ];
    expect(readBack(await toArrow(answerOf([], "Asia/Kathmandu")))).toEqual({
      types: [...types, `gift: ${word}`, "value: Float64"],
      rows: [],
    });
  });

  it("tells the kinds of answers apart", () => {
    const base = {
      from: new Date(0),
      to: new Date(1),
      timezone: "UTC",
      watermark: {},
      grain: "day",
      groupBy: [],
      metric: "orders",
      entity: "subject",
    };
    const behaviour = { ...base, events: [], period: "day", gap: "1h" };
    const firsts = [
      columnsOf({ ...base, window: "1d", by: "country", groups: [] }),
      columnsOf({ ...behaviour, first: "a", returning: "a", cohort: "first", cohorts: [] }),
      columnsOf({ ...behaviour, rows: [] }),
      columnsOf({ ...behaviour, sessions: 0, entities: 0, eventCount: 0, open: 0, length: null, depth: null, lengths: [], depths: [] }),
      columnsOf({ ...behaviour, length: 2, collapse: false, total: 0, different: 0, paths: [] }),
      columnsOf({ ...base, threshold: 3, series: [] }),
      columnsOf({ ...base, series: [] }),
      columnsOf({ ...base, level: 0.9, series: [] }),
      columnsOf({
        ...base,
        output: "value",
        before: base,
        total: { before: 0, now: 0, difference: 0 },
        adds: true,
        movers: [],
        others: { groups: 0, difference: 0 },
      }),
      columnsOf({ ...base, event: "trade", candles: [] }),
      columnsOf({ ...base, event: "trade", fields: ["id"], lookUp: "quote", lookUpFields: ["bid"], rows: [] }),
      columnsOf({ ...base, outputs: ["value"], lateness: "1h", rows: [], more: false }),
    ].map((columns) => Object.keys(columns));
    expect(firsts.map((names) => `${names[0]} … ${names.at(-1)} (${names.length})`)).toEqual([
      "country … open (11)",
      "start … state (7)",
      "start … dormant (7)",
      "of … sessions (4)",
      "step_1 … entities (5)",
      "start … verdict (11)",
      "at … score (7)",
      "start … method (7)",
      "before … contribution (5)",
      "start … twap (13)",
      "time … found_bid (7)",
      "start … last_at (7)",
    ]);
  });

  const wordless = row.map((each): TrendRow => ({ ...each, group: { country: null, gift: null } }));
  it.each([
    ["rows", row, 300],
    ["rows without words", wordless, 20],
  ])("is the same in Parquet: %s", async (_, kind, length) => {
    const rows = fc.sample(kind, { numRuns: length, seed: 7 }).map((each, index): TrendRow => ({ ...each, values: { value: index } }));
    const arrow = tableToIPC(await toArrow(answerOf(rows, "Europe/Berlin")), "file");
    const parquet = await buffer(await arrowToParquet(clickhouse, arrow));
    const read = await clickhouse.rows<Record<string, unknown>>({
      name: "Read Parquet",
      sql: `SELECT toUnixTimestamp64Milli(start) AS start, state, country, gift, value FROM format(Parquet, base64Decode('${parquet.toString("base64")}')) ORDER BY value`,
      settings: { max_query_size: "10000000" },
    });
    expect(read).toEqual(
      rows.map(({ group, start, state, values }) => ({
        start: String(start.getTime()),
        state,
        country: group["country"],
        gift: group["gift"],
        value: values["value"],
      })),
    );
  });

  it("becomes a Parquet file with its columns without a row too", async () => {
    const arrow = tableToIPC(await toArrow(answerOf([])), "file");
    const parquet = await buffer(await arrowToParquet(clickhouse, arrow));
    const columns = await clickhouse.rows<{ name: string }>({
      name: "Describe Parquet",
      sql: `DESCRIBE format(Parquet, base64Decode('${parquet.toString("base64")}'))`,
    });
    expect(columns.map(({ name }) => name)).toEqual(["start", "end", "state", "partial", "country", "gift", "value"]);
  });
});
