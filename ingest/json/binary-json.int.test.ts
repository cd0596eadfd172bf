import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { RowBinaryWriter } from "../batch/row-binary.ts";
import { writeJson } from "./binary-json.ts";
import { jsonFault, type JsonFault } from "./json-fault.ts";
import { jsonObjectText } from "./json.test-support.ts";
import { JsonTape } from "./json-tape.ts";

const held = useDatabase();
let inserts = 0;

beforeAll(async () => {
  await held.clickhouse.command({
    name: "Table",
    sql: "CREATE TABLE probe (insert UInt32, n UInt32, data JSON) ENGINE = MergeTree ORDER BY (insert, n)",
  });
});

function read(text: string): JsonTape {
  const tape = new JsonTape();
  expect(tape.read(Buffer.from(text), 1_000)).toBeUndefined();
  return tape;
}

const verdict = (text: string): JsonFault | undefined => jsonFault(read(text), 0, 1_000_000);

interface Stored {
  readonly text: string;
  readonly types: Record<string, string>;
}

/** Inserts documents in one block, as paths or as texts, and reads them back. */
async function stored(texts: readonly string[], as: "paths" | "text" = "paths"): Promise<Stored[]> {
  const writer = new RowBinaryWriter();
  const insert = ++inserts;
  for (const [n, text] of texts.entries()) {
    writer.uint32(insert);
    writer.uint32(n);
    if (as === "paths") writeJson(writer, read(text), 0);
    else writer.string(text);
  }
  await held.clickhouse.insert({
    table: "probe",
    columns: ["insert", "n", "data"],
    format: "RowBinary",
    body: writer.slice(0, writer.length),
    token: String(insert),
    ...(as === "text" ? { settings: { input_format_binary_read_json_as_string: 1 } } : {}),
  });
  return held.clickhouse.rows<Stored>({
    name: "Documents",
    sql: "SELECT toJSONString(data) AS text, JSONAllPathsWithTypes(data) AS types FROM probe WHERE insert = {insert:UInt32} ORDER BY n",
    params: { insert },
    settings: { output_format_json_quote_64bit_integers: 0 },
  });
}

/** A value as ClickHouse keeps it: an object is its paths; null and the empty object are no value, but for elements of a list; an integer has no negative zero. */
function kept(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(kept);
  if (typeof value !== "object" || value === null) return value;
  const paths: [string, unknown][] = [];
  const walk = (object: object, prefix: string): void => {
    for (const [key, member] of Object.entries(object)) {
      if (typeof member === "object" && member !== null && !Array.isArray(member)) walk(member as object, `${prefix}${key}.`);
      else if (member !== null) paths.push([prefix + key, kept(member)]);
    }
  };
  walk(value, "");
  return new Map(paths.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a path goes on where another ends: ClickHouse holds both, and shows one of them as JSON. */
function hidesPath(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hidesPath);
  if (!(value instanceof Map)) return false;
  const paths = [...value.keys()] as string[];
  return paths.some((path) => paths.some((other) => other.startsWith(`${path}.`))) || [...value.values()].some(hidesPath);
}

function expectKept(rows: readonly Stored[], texts: readonly string[]): void {
  const expected = texts.map((text) => kept(JSON.parse(text)) as Map<string, unknown>);
  expect(rows.map(({ types }) => new Set(Object.keys(types)))).toStrictEqual(expected.map((paths) => new Set(paths.keys())));
  const shown = expected.flatMap((paths, index) => (hidesPath(paths) ? [] : [index]));
  expect(shown.map((index) => kept(JSON.parse(rows[index]?.text ?? "")))).toStrictEqual(shown.map((index) => expected[index]));
}

const nested = (open: string, close: string, depth: number): string => `{"a":${open.repeat(depth)}1${close.repeat(depth)}}`;

const FINE = [
  "{}",
  ' \n{ "a" : 1 } ',
  '{"a":null,"b":{},"c":[],"d":[null],"e":[[]],"f":[{}]}',
  '{"a":[1,"x",true,null,1.5,{"b":1},[2]]}',
  '{"a":[[1],["x"],[{"b":2}]],"b":[{"c":1},[1]],"c":[[],{}],"d":[{"e":1},null]}',
  '{"":1}',
  '{"":{"":1}}',
  '{".":1,"a.":2,".a":3,"a..b":4}',
  '{"a.b":1,"a":{"c":2}}',
  '{"a":18446744073709551615,"b":-9223372036854775808,"c":[18446744073709551615,-1,1.5]}',
  '{"a":1e308,"b":1e-400,"c":5e-324,"d":0e999,"e":-0,"f":-0.0,"g":1E5}',
  `{"a":0.${"0".repeat(400)}1,"b":1${"0".repeat(300)}.5,"c":100000000000000000000e-10}`,
  '{"a":"\\u0000","\\u0000":1,"b\\u0000c":2}',
  '{"a":"\\ud83d\\ude00\\uffff\\ufdd0","\\ud83d\\ude00":"😀"}',
  '{"__proto__":1,"constructor":{"prototype":2}}',
  '{"a`b":1,"a\\"b":2,"a\\\\b":3,"a\'b":4,"a b":5,"a\\nb":6,"%2E":7,"a.:Int64":8,"^a":9,"a[]":10}',
  '{"a":"2026-01-01","b":["2026-01-01","x"],"c":"nan"}',
  `{"${"k".repeat(10_000)}":1}`,
  `{${Array.from({ length: 3_000 }, (_, index) => `"k${index}":${index}`).join(",")}}`,
  nested('{"a":', "}", 898),
  nested("[", "]", 99),
  nested('[{"a":', "}]", 49),
];

const REFUSED: readonly [string, JsonFault][] = [
  ['{"a":1,"a":1}', "duplicate-keys"],
  ['{"a":{"b":1},"a":{"c":1}}', "duplicate-keys"],
  ['{"a":[{"b":1,"b":2}]}', "duplicate-keys"],
  ['{"a.b":1,"a":{"b":2}}', "duplicate-keys"],
  ['{"a\\u002eb":1,"a":{"b":2}}', "duplicate-keys"],
  ['{"a.b.c":1,"a":{"b.c":2}}', "duplicate-keys"],
  ['{"a":[{"x.y":1,"x":{"y":2}}]}', "duplicate-keys"],
  ['{"a":18446744073709551616}', "number-out-of-range"],
  ['{"a":-9223372036854775809}', "number-out-of-range"],
  ['{"a":1e309}', "number-out-of-range"],
  ['{"a":1.7976931348623159e308}', "number-out-of-range"],
  [`{"a":${"1".repeat(400)}.0}`, "number-out-of-range"],
  [`{"a":1${"0".repeat(300)}}`, "number-out-of-range"],
  ['{"a":"\\ud800"}', "lone-surrogate"],
  ['{"a":["\\udc00\\ud800"]}', "lone-surrogate"],
  ['{"\\ud800":1}', "lone-surrogate"],
];

describe("a document as typed paths", () => {
  it.each(FINE)("reads back (%#)", async (text) => {
    expect(verdict(text)).toBeUndefined();
    expectKept(await stored([text]), [text]);
  });

  it("reads back beside any other", async () => {
    expectKept(await stored(FINE), FINE);
  });

  it("reads back, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonObjectText, { minLength: 20, maxLength: 60 }), async (texts) => {
        const fine = texts.filter((text) => verdict(text) === undefined);
        expectKept(await stored(fine), fine);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it.each([
    '{"a":1,"b":-1,"c":1.0,"d":1e2,"e":"x","f":true,"g":null,"h":{"i":{"j":1}}}',
    '{"a":9223372036854775807,"b":9223372036854775808,"c":18446744073709551615,"d":-9223372036854775808}',
    '{"a":[],"b":[1,2],"c":[1,2.5],"d":["a",null],"e":[1.5],"f":[true,false],"g":[1,null]}',
    '{"a":[[1],[2]],"b":[[1.5],[1]],"c":[[]],"d":[[1],[]],"e":[[[1]]]}',
    '{"a":[{"b":1},{"b":"x"}],"c":[{}],"d":[null,{"a":1}],"e":[[{"a":1}]]}',
    '{"a":[1,"a"],"b":[{"a":1},1],"c":[1,[1]]}',
    '{"a":"2026-01-01","b":["2026-01-01"],"c":"2026-01-01 00:00:00"}',
    '{"a":[{"b":[{"c":[{"d":[{"e":[{"f":[{"g":1}]}]}]}]}]}]}',
  ])("has the types that ClickHouse finds in its text: %s", async (text) => {
    // One document an insert: the types that ClickHouse finds in lists depend on the documents before.
    const members = Object.entries(JSON.parse(text) as object).map(([key]) => key);
    const [paths] = await stored([text]);
    const [own] = await stored([text], "text");
    for (const member of members) expect([member, paths?.types[member]]).toStrictEqual([member, own?.types[member]]);
  });

  it.each([
    ["[true,1]", "Array(Dynamic)", [true, 1]],
    ['[true,"x"]', "Array(Dynamic)", [true, "x"]],
    ["[[1],null]", "Array(Dynamic)", [[1], null]],
    ["[1.5,1234567890123456]", "Array(Dynamic)", [1.5, 1_234_567_890_123_456]],
    ["[18446744073709551615]", "Array(Nullable(UInt64))", ["18446744073709551615"]],
    ["[null]", "Array(Nullable(String))", [null]],
  ])("keeps what ClickHouse's own reading of %s would change", async (list, type, value) => {
    const [row] = await stored([`{"a":${list}}`]);
    expect(row?.types).toStrictEqual({ a: type });
    expect((JSON.parse(row?.text.replaceAll(/(\d{20})/g, '"$1"') ?? "") as { a: unknown }).a).toStrictEqual(value);
  });

  it("has its types from itself alone: not so ClickHouse's reading of text", async () => {
    const lists = ['{"a":[1,"x"]}', '{"a":[[1],[2]]}', '{"a":[18446744073709551615]}'];
    const alone = await Promise.all(lists.map(async (text) => (await stored([text]))[0]?.types));
    expect((await stored(lists)).map(({ types }) => types)).toStrictEqual(alone);
    const asText = await Promise.all(lists.map(async (text) => (await stored([text], "text"))[0]?.types));
    expect((await stored(lists, "text")).map(({ types }) => types)).not.toStrictEqual(asText);
  });
});

describe("what cannot be held", () => {
  it.each(REFUSED)("%#", (text, fault) => {
    expect(verdict(text)).toBe(fault);
  });

  it.each(REFUSED)("ClickHouse refuses as text, too (%#)", async (text) => {
    await expect(stored([text], "text")).rejects.toThrow("INCORRECT_DATA (code 117)");
  });

  // A path that stands twice is one too many, also where ClickHouse looks away because one of the two is null or empty.
  it.each(['{"a.b":null,"a":{"b":2}}', '{"a":null,"a":1}', '{"a":{},"a":1}'])("we are stricter with %s", (text) => {
    expect(verdict(text)).toBe("duplicate-keys");
  });

  it("a long key around many others, whose paths would fill any disk", () => {
    const members = Array.from({ length: 3_000 }, (_, n) => `"${n}":1`).join(",");
    expect(verdict(`{"${"k".repeat(1_000)}":{${members}}}`)).toBe("paths-too-long");
    expect(verdict(`{"a":[{"${"k".repeat(1_000)}":{${members}}}]}`)).toBe("paths-too-long");
    expect(verdict(`{"k":{${members}}}`)).toBeUndefined();
  });
});
