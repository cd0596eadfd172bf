import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countKeys } from "./inspect-json.ts";
import { jsonObjectText, jsonText } from "./json.test-support.ts";
import { DOTTED_KEY, ESCAPED, LARGE_NUMBER, scanJson, SURROGATE } from "./scan-json.ts";

const scan = (text: string): ReturnType<typeof scanJson> => {
  const bytes = Buffer.from(text);
  return scanJson(bytes, 0, bytes.length);
};

/** What a plain reading of the document says, by a tokenizer of its own. */
function structureOf(text: string): { depth: number; keys: number; outerKeys: string[] } {
  const tokens = text.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/gu);
  const found = { depth: 0, keys: 0, outerKeys: [] as string[] };
  let depth = 0;
  for (const [token, content, colon] of tokens) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (colon !== undefined) {
      found.keys += 1;
      if (depth === 1) found.outerKeys.push(JSON.parse(`"${content}"`) as string);
    }
    found.depth = Math.max(found.depth, depth);
  }
  return found;
}

describe("scanJson", () => {
  it("finds depth and keys of any document", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        JSON.parse(text);
        const { depth, keys, outerKeys } = scan(text);
        const expected = structureOf(text);
        expect({ depth, keys, outerKeys }).toStrictEqual({ ...expected, outerKeys: expected.outerKeys.length });
      }),
      { numRuns: 3_000 },
    );
  });

  it("finds the last member called data, however its name is written, and the keys inside it", () => {
    fc.assert(
      fc.property(jsonObjectText, (text) => {
        const value = JSON.parse(text) as Record<string, unknown>;
        const bytes = Buffer.from(text);
        const { dataStart, dataEnd, dataKeys } = scanJson(bytes, 0, bytes.length);
        if (!Object.hasOwn(value, "data")) {
          expect(dataStart).toBe(-1);
          return;
        }
        const slice = bytes.subarray(dataStart, dataEnd).toString();
        expect(JSON.stringify(JSON.parse(slice))).toBe(JSON.stringify(value["data"]));
        expect(dataKeys).toBe(structureOf(slice).keys);
      }),
      {
        numRuns: 3_000,
        examples: [['{"d\\u0061ta":{"a":1}}'], ['{"\\u0064\\u0061\\u0074\\u0061":1}'], ['{ "data" : [1] , "id":"data" }']],
      },
    );
  });

  it("cuts a list into its elements", () => {
    const lists = fc.array(fc.tuple(fc.constantFrom("", " ", "\n"), jsonText, fc.constantFrom("", "\t")), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lists, (items) => {
        const text = ` [${items.map((item) => item.join("")).join(",")}] `;
        const bytes = Buffer.from(text);
        const { elements } = scanJson(bytes, 0, bytes.length);
        const slices = Array.from({ length: elements.length / 2 }, (_, index) =>
          bytes.subarray(elements[2 * index], elements[2 * index + 1]).toString(),
        );
        expect(JSON.stringify(slices.map((slice) => JSON.parse(slice) as unknown))).toBe(JSON.stringify(JSON.parse(text)));
        for (const [index, slice] of slices.entries()) {
          const alone = scan(slice);
          const inside = scanJson(bytes, elements[2 * index]!, elements[2 * index + 1]!);
          expect({ ...inside, dataStart: 0, dataEnd: 0, elements: [] }).toStrictEqual({ ...alone, dataStart: 0, dataEnd: 0, elements: [] });
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it.each<[string, number]>([
    ['{"a":1}', 0],
    ['{"a":123456789012345}', 0],
    ['{"a":1234567890123456}', LARGE_NUMBER],
    ['{"a":-123456789012345678901}', LARGE_NUMBER],
    ['{"a":1e5}', LARGE_NUMBER],
    ['{"a":1E5}', LARGE_NUMBER],
    ['{"a":"1e999 12345678901234567890"}', 0],
    ['{"a":"\\ud800"}', SURROGATE | ESCAPED],
    ['{"a":"\\uDFFF"}', SURROGATE | ESCAPED],
    ['{"a":"\\u0000"}', ESCAPED],
    ['{"a":"\\\\ud800"}', 0],
    ['{"a":"😀"}', 0],
    ['{"a.b":1}', DOTTED_KEY],
    ['{"a\\u002eb":1}', DOTTED_KEY | ESCAPED],
    ['{"a":"b.c"}', 0],
    ['{"a":["b.c",{"d.e":1}]}', DOTTED_KEY],
    ['{"a":1.5}', 0],
  ])("hazards of %s", (text, hazards) => {
    expect(scan(text).hazards).toBe(hazards);
  });

  it("takes a document a hundred thousand levels deep without recursion", () => {
    const text = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(scan(text).depth).toBe(100_000);
  });
});

describe("countKeys", () => {
  it("counts the keys of a value as the scan counts those of its text, unless one stands twice", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(countKeys(value)).toBe(scan(JSON.stringify(value)).keys);
      }),
    );
  });

  it.each([
    ['{"a":1,"a":1}', 1],
    ['{"__proto__":1,"__proto__":{"b":1}}', 2],
    ['[{"a":[{"b":1}]},null,3]', 2],
    ['{"constructor":{"prototype":{"polluted":true}}}', 3],
  ])("%s", (text, keys) => {
    expect(countKeys(JSON.parse(text))).toBe(keys);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
