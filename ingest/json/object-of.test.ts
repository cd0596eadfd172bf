import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonObjectText } from "./json.test-support.ts";
import { JsonTape } from "./json-tape.ts";
import { Layouts } from "./layouts.ts";
import { objectOf } from "./object-of.ts";

const tape = new JsonTape(undefined, new Layouts());

/** The object of a text as it is made of the tape, and as `JSON.parse` does; as lists too, for the order of the members. */
function compare(text: string): void {
  expect(tape.read(Buffer.from(text), 1_000)).toBeUndefined();
  const value = objectOf(tape, 0);
  const expected: unknown = JSON.parse(text);
  expect([text, isDeepStrictEqual(value, expected)]).toStrictEqual([text, true]);
  expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
}

it("makes what JSON.parse makes, whatever objects came before", () => {
  fc.assert(
    fc.property(fc.array(jsonObjectText, { minLength: 1, maxLength: 5 }), (texts) => texts.forEach(compare)),
    { numRuns: 1_000 },
  );
});

it.each([
  "{}",
  '{"__proto__":{"a":1},"b":2}',
  '{"b":1,"2":2,"1":3,"b":4}',
  '{"a":-0,"b":1e400,"c":12345678901234567890,"d":0.1}',
  '{"\\u005f_proto__":1,"\\ud800":"\\ud800"}',
  '{"constructor":1,"toString":null,"é":"é","e\\u0301":[{"__proto__":1}]}',
  `{${Array.from({ length: 200 }, (_, n) => `"k${n}":${n}`).join(",")}}`,
])("takes %s", compare);
