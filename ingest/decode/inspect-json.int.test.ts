import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ClickHouseFailure } from "../../clickhouse/index.ts";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { RowBinaryWriter } from "../batch/row-binary.ts";
import { jsonFault, type JsonFault } from "./inspect-json.ts";
import { jsonObjectText } from "./json.test-support.ts";
import { scanJson } from "./scan-json.ts";

const held = useDatabase();
let inserts = 0;

beforeAll(async () => {
  await held.clickhouse.command({ name: "Table", sql: "CREATE TABLE probe (data JSON) ENGINE = MergeTree ORDER BY tuple()" });
});

/** What we say of a document. */
function verdict(text: string): JsonFault | undefined {
  const bytes = Buffer.from(text);
  const { hazards, keys } = scanJson(bytes, 0, bytes.length);
  return jsonFault(JSON.parse(text), keys, hazards, bytes);
}

/** What ClickHouse says: whether it takes these documents in one insert. */
async function accepts(...texts: string[]): Promise<boolean> {
  const writer = new RowBinaryWriter();
  for (const text of texts) writer.string(text);
  inserts += 1;
  try {
    const body = writer.slice(0, writer.length);
    await held.clickhouse.insert({ table: "probe", columns: ["data"], format: "RowBinary", body, token: String(inserts) });
    return true;
  } catch (error) {
    if (error instanceof ClickHouseFailure && error.kind === "bad-data") return false;
    throw error;
  }
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
  '{"a":1,"a.b":2}',
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

describe("our word on a document and ClickHouse's", () => {
  it.each(FINE)("both take %s", async (text) => {
    expect(verdict(text)).toBeUndefined();
    expect(await accepts(text)).toBe(true);
  });

  it("takes all of them together", async () => {
    expect(await accepts(...FINE)).toBe(true);
  });

  it.each(REFUSED)("both refuse %s", async (text, fault) => {
    expect(verdict(text)).toBe(fault);
    expect(await accepts(text)).toBe(false);
  });

  // A path that stands twice is one too many, also where ClickHouse looks away because one of the two is null or empty.
  it.each(['{"a.b":null,"a":{"b":2}}', '{"a":null,"a":1}', '{"a":{},"a":1}'])("we are stricter with %s", (text) => {
    expect(verdict(text)).toBe("duplicate-keys");
  });

  it("agrees on anything: ClickHouse takes what we call fine", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonObjectText, { minLength: 20, maxLength: 60 }), async (texts) => {
        expect(await accepts(...texts.filter((text) => verdict(text) === undefined))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
