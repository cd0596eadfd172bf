import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  avg,
  count,
  defineEvent,
  defineMetric,
  first,
  last,
  max,
  min,
  quantiles,
  resolveField,
  stddev,
  sum,
  uniq,
  variance,
  type Measure,
  type Metric,
} from "../model/index.ts";
import { useDatabase } from "./database.test-support.ts";
import { BASE_TABLES, fieldSql, measureSql } from "./index.ts";

const held = useDatabase();
const event = defineEvent({
  type: "probe",
  data: z.object({
    n: z.number(),
    i: z.int(),
    s: z.string(),
    b: z.boolean(),
    o: z.object({ "p q": z.number().optional() }),
    id: z.int(),
    "x.y": z.number(),
    "back`tick\\'\"": z.int(),
  }),
});
const metricOf = (measure: Measure): Metric => defineMetric({ name: "probe", event, measure: measure as never });

/** What `data` may hold, sound and not: each is a row. */
const DATA = [
  '{"n":1,"i":1,"s":"a","b":true,"o":{"p q":0.5},"id":1,"x.y":1.5,"back`tick\\\\\'\\"":5}',
  '{"n":1.5,"i":2,"s":"b","b":false,"id":2,"x":{"y":2}}',
  '{"n":-0.0,"i":-0,"s":"","b":true}',
  '{"n":0,"i":3.0,"s":"a"}',
  '{"n":9007199254740993,"i":9007199254740993,"s":"2026-11-27"}',
  '{"n":18446744073709551615,"i":9223372036854775807,"s":"12"}',
  '{"n":0.1,"i":-9223372036854775808}',
  '{"n":0.2}',
  '{"n":null,"i":null,"s":null,"b":null,"o":null}',
  "{}",
  '{"n":"7","i":"7","s":7,"b":"true","o":7,"id":"x"}',
  '{"n":[1],"i":[1],"s":["a"],"b":[true],"o":[1]}',
  '{"n":{"a":1},"i":{"a":1},"s":{"a":1},"b":{"a":1},"o":{"p q":{"a":1}}}',
  '{"n":true,"i":true,"s":true,"b":1}',
  '{"n":1e300,"i":1.5,"s":"ü😀\\u0000"}',
  '{"n":-1e300,"i":1e18}',
  '{"n":2.5,"i":18446744073709551615}',
];

/** Doubles near to each other, in a stream of their own. */
const NEAR = [1_000_000_000.1, 1_000_000_000.2, 1_000_000_000.3];
/** Doubles that are large once scaled by a million, in a stream of their own. */
const LARGE = [2e15, 2e13, 1.2345678901234568e21, -9.876543210987654e22, 3e30, 7.3e31];

const row = (stream: string, index: number, data: string): string => {
  const time = `2026-11-27 00:00:${String(index % 4).padStart(2, "0")}`;
  return `{"stream":"${stream}","epoch":1,"seq":${index + 1},"idx":0,"stored_at":"${time}","known_at":"${time}","time":"${time}","id":"${index}","type":"probe","source":"/","subject":"u${index % 3}","version":1,"data":${data},"enriched":{}}`;
};

const numbersOf = (stream: string, numbers: readonly number[]): string[] =>
  numbers.map((n, index) => row(stream, index, JSON.stringify({ n })));

beforeAll(async () => {
  const { clickhouse } = held;
  for (const { create, name } of BASE_TABLES) await clickhouse.command({ name, sql: create });
  const rows = [...DATA.map((data, index) => row("S", index, data)), ...numbersOf("L", LARGE), ...numbersOf("N", NEAR)];
  const columns = "stream epoch seq idx stored_at known_at time id type source subject version data enriched".split(" ");
  await clickhouse.insert({ table: "events", columns, format: "JSONEachRow", body: Buffer.from(rows.join("\n")), token: "1" });
});

const ALL = "stream = 'S'";

/** Values of a field, row by row, as ClickHouse reads them. */
async function valuesOf(ref: string): Promise<{ values: unknown[]; type: string }> {
  const field = resolveField(event, ref);
  if ("problem" in field) throw new Error(field.problem);
  const { expression, type } = fieldSql(field);
  const rows = await held.clickhouse.rows<{ v: unknown; t: string }>({
    name: "Values",
    sql: `SELECT ${expression} AS v, toTypeName(v) AS t FROM events WHERE ${ALL} ORDER BY seq`,
  });
  expect(rows[0]!.t).toBe(type);
  return { values: rows.map(({ v }) => v), type };
}

describe("a field", () => {
  it.each<[string, unknown[]]>([
    [
      "i",
      [
        "1",
        "2",
        "0",
        "3",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        "1000000000000000000",
        null,
      ],
    ],
    ["s", ["a", "b", "", "a", "2026-11-27", "12", null, null, null, null, null, null, null, null, "ü😀\0", null, null]],
    ["b", [true, false, true, ...Array.from({ length: 14 }, () => null)]],
    ["o.p q", [0.5, ...Array.from({ length: 16 }, () => null)]],
    ["data.id", ["1", "2", ...Array.from({ length: 15 }, () => null)]],
    ["x.y", [1.5, 2, ...Array.from({ length: 15 }, () => null)]],
    ["back`tick\\'\"", ["5", ...Array.from({ length: 16 }, () => null)]],
    ["id", DATA.map((_, index) => String(index))],
  ])("%s reads as null what is of another type, and never throws", async (ref, expected) => {
    expect((await valuesOf(ref)).values).toStrictEqual(expected);
  });

  it("n reads every number as a double", async () => {
    const { values } = await valuesOf("n");
    const numbers = [1, 1.5, -0, 0, 2 ** 53, 2 ** 64, 0.1, 0.2, null, null, null, null, null, null, 1e300, -1e300, 2.5];
    expect(values).toStrictEqual(numbers);
  });
});

/** Each output of a measure, from the events and from states made of three parts of them; both must agree to the last bit. */
async function answersOf(measure: Measure, where = ALL): Promise<Record<string, unknown>> {
  const { outputs, states } = measureSql(metricOf(measure));
  const { clickhouse } = held;
  const [raw] = await clickhouse.rows<Record<string, unknown>>({
    name: "Raw",
    sql: `SELECT ${outputs.map((output) => `${output.raw} AS \`${output.name}\`, toTypeName(\`${output.name}\`) AS \`type ${output.name}\``).join(", ")} FROM events WHERE ${where}`,
  });
  await clickhouse.command({ name: "Drop", sql: "DROP TABLE IF EXISTS states" });
  const columns = states.map(({ name, type }) => `\`${name}\` ${type}`).join(", ");
  await clickhouse.command({ name: "States", sql: `CREATE TABLE states (k UInt8, ${columns}) ENGINE = AggregatingMergeTree ORDER BY k` });
  for (const part of [2, 0, 1]) {
    await clickhouse.command({
      name: "Fill",
      sql: `INSERT INTO states SELECT 0 AS k, ${states.map(({ name, state }) => `${state} AS \`state ${name}\``).join(", ")} FROM events WHERE (${where}) AND seq % 3 = ${part} GROUP BY k`,
    });
  }
  const merged = `SELECT ${outputs.map((output) => `${output.merged} AS \`${output.name}\`, toTypeName(\`${output.name}\`) AS \`type ${output.name}\``).join(", ")} FROM states`;
  expect((await clickhouse.rows({ name: "Merged", sql: merged }))[0]).toStrictEqual(raw);
  await clickhouse.command({ name: "Merge parts", sql: "OPTIMIZE TABLE states FINAL" });
  expect((await clickhouse.rows({ name: "Merged", sql: merged }))[0]).toStrictEqual(raw);
  for (const output of outputs) expect(raw![`type ${output.name}`]).toBe(output.type);
  return Object.fromEntries(outputs.map((output) => [output.name, raw![output.name]]));
}

/** Rows whose numbers are of everyday size. */
const EVERYDAY = "stream = 'S' AND seq IN (1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 17)";

describe("a measure over anything", () => {
  it.each<[string, Measure, Record<string, unknown>]>([
    ["count", count(), { value: "17" }],
    ["sum of doubles, exact to its decimals", sum("n"), { value: 5.3 }],
    ["sum to fewer decimals", sum("n", { decimals: 0 }), { value: 5 }],
    ["avg", avg("n"), { value: 5.3 / 7 }],
    ["variance", variance("n"), { value: (7 * 9.55 - 5.3 ** 2) / 49 }],
    ["stddev", stddev("n"), { value: Math.sqrt(7 * 9.55 - 5.3 ** 2) / 7 }],
    ["min", min("n"), { value: 0 }],
    ["max", max("n"), { value: 2.5 }],
    ["exact distinct texts", uniq("s", { exact: true }), { value: "3" }],
    ["distinct texts", uniq("s"), { value: "3" }],
    ["distinct subjects", uniq("subject", { exact: true }), { value: "3" }],
    ["distinct truth values", uniq("b", { exact: true }), { value: "2" }],
    ["distinct doubles: -0 is 0", uniq("n", { exact: true }), { value: "6" }],
    ["first of a text", first("s"), { value: "a" }],
    ["last of a number", last("n"), { value: 0.2 }],
    ["last of a truth value", last("b"), { value: "true" }],
    ["first of an attribute", first("id"), { value: "0" }],
  ])("%s", async (_name, measure, expected) => {
    const answers = await answersOf(measure, measure.kind === "count" ? ALL : EVERYDAY);
    if ("decimals" in measure) expect(answers["value"]).toBeCloseTo(Number(expected["value"]), 12);
    else expect(Object.entries(answers).map(([name, value]) => [name, value === 0 ? 0 : value])).toStrictEqual(Object.entries(expected));
  });

  it("sums integers of 64 bits without losing a digit until the end", async () => {
    const total =
      1n + 2n + 3n + 9_007_199_254_740_993n + 9_223_372_036_854_775_807n - 9_223_372_036_854_775_808n + 1_000_000_000_000_000_000n;
    expect(await answersOf(sum("i"))).toStrictEqual({ value: Number(total) });
  });

  it("leaves out of an exact sum what does not fit into it, and of nothing else", async () => {
    const { value } = await answersOf(sum("n", { decimals: 2 }));
    expect(value).toBeCloseTo(2 ** 64 + 2 ** 53 + 5.3, -5);
    expect(await answersOf(max("n"))).toStrictEqual({ value: 1e300 });
    expect(await answersOf(min("n"))).toStrictEqual({ value: -1e300 });
  });

  it("tells the spread of values that are alike in their first ten digits, and of large ones", async () => {
    expect(await answersOf(variance("n"), "stream = 'N'")).toStrictEqual({ value: 0.02 / 3 });
    expect(await answersOf(stddev("n"), "stream = 'N' AND seq = 1")).toStrictEqual({ value: 0 });
    // Of 2e15, 2e13 and 1.2345678901234568e21; the rest is beyond 10^22 and left out, as all of a sum are beyond 10^32.
    const { value } = await answersOf(stddev("n"), "stream = 'L'");
    expect(Number(value) / 5.81981e20).toBeCloseTo(1, 5);
    expect(await answersOf(variance("i"), "stream = 'S' AND seq IN (6, 7)")).toStrictEqual({ value: (2 ** 63 - 0.5) ** 2 });
  });

  it("leaves out no double that fits, however large", async () => {
    for (const [index, large] of LARGE.entries()) {
      expect(await answersOf(sum("n"), `stream = 'L' AND seq = ${index + 1}`)).toStrictEqual({ value: large });
    }
  });

  it("finds quantiles within their accuracy", async () => {
    const answers = await answersOf(quantiles("n", [0.07, 0.5, 0.999], { accuracy: 0.001 }), EVERYDAY);
    expect(Object.keys(answers)).toStrictEqual(["p7", "p50", "p99_9"]);
    // Of -0, 0, 0.1, 0.2, 1, 1.5, 2.5 the middle is 0.2; the greatest but for a thousandth lies at the last but one or the last.
    expect(Math.abs(Number(answers["p50"]) - 0.2)).toBeLessThanOrEqual(0.2 * 0.0011);
  });
});

describe("a measure over nothing", () => {
  it.each<[string, Measure, Record<string, unknown>]>([
    ["count", count(), { value: "0" }],
    ["sum", sum("n"), { value: 0 }],
    ["avg", avg("n"), { value: null }],
    ["variance", variance("n"), { value: null }],
    ["stddev", stddev("n"), { value: null }],
    ["min", min("n"), { value: null }],
    ["max", max("n"), { value: null }],
    ["uniq", uniq("s"), { value: "0" }],
    ["first", first("s"), { value: null }],
    ["last", last("n"), { value: null }],
    ["quantiles", quantiles("n", [0.5]), { p50: null }],
  ])("%s", async (_name, measure, expected) => {
    // Rows without the field, then no rows at all.
    if (measure.kind !== "count") expect(await answersOf(measure, "stream = 'S' AND seq = 10")).toStrictEqual(expected);
    expect(await answersOf(measure, "0")).toStrictEqual(expected);
    for (const output of measureSql(metricOf(measure)).outputs) expect(String(output.empty)).toBe(String(expected[output.name]));
  });
});

describe("a measure under a condition", () => {
  it.each<Measure>([
    count(),
    sum("n", { decimals: 2 }),
    avg("n"),
    variance("n"),
    stddev("n", { decimals: 2 }),
    min("n"),
    max("n"),
    uniq("s", { exact: true }),
    first("s"),
    last("n"),
    quantiles("n", [0.5]),
  ])("answers as over those rows alone: %j", async (measure) => {
    const plain = measureSql(metricOf(measure));
    const conditional = measureSql(metricOf(measure), EVERYDAY);
    const select = (sql: typeof plain): string =>
      [...sql.outputs.map((output) => output.raw), sql.values].map((each, n) => `${each} AS v${n}`).join(", ");
    const [alone] = await held.clickhouse.rows({ name: "Alone", sql: `SELECT ${select(plain)} FROM events WHERE ${EVERYDAY}` });
    const [among] = await held.clickhouse.rows({ name: "Among", sql: `SELECT ${select(conditional)} FROM events` });
    expect(among).toStrictEqual(alone);
  });
});

const showTables = async (): Promise<unknown> =>
  held.clickhouse.rows({
    name: "Tables",
    sql: "SELECT name, create_table_query, uuid FROM system.tables WHERE database = currentDatabase() AND name != 'states' ORDER BY name",
  });

describe("the base tables", () => {
  it("can be created twice, which changes nothing", async () => {
    const before = await showTables();
    for (const { create, name } of BASE_TABLES) await held.clickhouse.command({ name, sql: create });
    expect(await showTables()).toStrictEqual(before);
    expect(BASE_TABLES.map(({ name }) => name)).toStrictEqual([
      "events",
      "dead_letters",
      "dead_letter_resolutions",
      "ingest_ledger",
      "rollup_versions",
      "saved_watermarks",
      "feature_drift",
    ]);
  });
});
