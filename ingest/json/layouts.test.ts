import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowBinaryWriter } from "../batch/row-binary.ts";
import { writeJson } from "./binary-json.ts";
import { hasKeyTwice, jsonFault } from "./json-fault.ts";
import { KIND, JsonTape } from "./json-tape.ts";
import { jsonObjectText } from "./json.test-support.ts";
import { Layouts, oncePerLayout } from "./layouts.ts";
import { objectOf } from "./object-of.ts";

const bytesOf = (text: string): Buffer => Buffer.from(text);

function read(tape: JsonTape, text: string): JsonTape {
  expect(tape.read(bytesOf(text), 1_000)).toBeUndefined();
  return tape;
}

/** All that is answered once for each layout, of each object of a document. */
function answers(tape: JsonTape): unknown[] {
  const all: unknown[] = [];
  for (let place = 0; place < tape.next(0); place += 1) {
    if (tape.kind(place) !== KIND.object) continue;
    const fault = jsonFault(tape, place, 1_000);
    const writer = new RowBinaryWriter(64);
    if (fault === undefined) writeJson(writer, tape, place);
    all.push([
      place,
      fault,
      hasKeyTwice(tape, place),
      writer.slice(0, writer.length).toString("hex"),
      JSON.stringify(objectOf(tape, place)),
    ]);
  }
  return all;
}

describe("layouts", () => {
  it("change no answer, in whatever order documents come", () => {
    const texts = fc.array(jsonObjectText, { minLength: 1, maxLength: 6 });
    const order = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(texts, order, (some, turns) => {
        const tape = new JsonTape(undefined, new Layouts());
        for (const turn of turns) {
          const text = some[turn % some.length] ?? "{}";
          expect([text, answers(read(tape, text))]).toStrictEqual([text, answers(read(new JsonTape(), text))]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are learned at the second sight, whatever the values", () => {
    const tape = new JsonTape(undefined, new Layouts());
    expect(read(tape, '{"a":1,"b":{"c":"x"}}').layout).toBeUndefined();
    const learned = read(tape, '{"a":2.5,"b":{"c":"another"}}').layout;
    expect(learned).toBeDefined();
    expect(read(tape, ' { "a" : 1e3 , "b" : {"c":"\\n"} } ').layout).toBe(learned);
  });

  it.each([
    ["another key", '{"a":1,"d":{"c":"x"}}'],
    ["another sort of value", '{"a":"1","b":{"c":"x"}}'],
    ["null", '{"a":null,"b":{"c":"x"}}'],
    ["another order", '{"b":{"c":"x"},"a":1}'],
    ["a member more", '{"a":1,"b":{"c":"x"},"d":1}'],
    ["another nesting", '{"a":1,"b":{},"c":"x"}'],
    ["keys that read alike in a row", '{"ab":1,"":{"c":"x"}}'],
    ["a key with an escape", '{"a":1,"b":{"\\u0063":"x"}}'],
  ])("are told from one with %s", (_name, text) => {
    const tape = new JsonTape(undefined, new Layouts());
    const one = '{"a":1,"b":{"c":"x"}}';
    for (const each of [one, one, text, text]) read(tape, each);
    const other = read(tape, text).layout;
    expect(read(tape, one).layout).toBeDefined();
    expect(read(tape, one).layout).not.toBe(other);
  });

  it("are not learned of documents that never come again, nor of large ones", () => {
    const tape = new JsonTape(undefined, new Layouts());
    for (let n = 0; n < 2_000; n += 1) expect(read(tape, `{"id-${n}-${"x".repeat(n % 50)}":1}`).layout).toBeUndefined();
    const large = JSON.stringify(Array.from({ length: 300 }, (_, n) => n));
    for (let n = 0; n < 3; n += 1) expect(read(tape, large).layout).toBeUndefined();
  });

  it("are forgotten together when there are too many, and learned anew", () => {
    const tape = new JsonTape(undefined, new Layouts());
    for (let n = 0; n < 1_200; n += 1) for (let turn = 0; turn < 3; turn += 1) read(tape, `{"key ${n}":1}`);
    const first = '{"key 0":1}';
    expect(answers(read(tape, first))).toStrictEqual(answers(read(new JsonTape(), first)));
    read(tape, first);
    expect(read(tape, first).layout).toBeDefined();
  });
});

describe("a question asked once for each layout", () => {
  it("is worked out again for each place and each layout, and each time without one", () => {
    let asked = 0;
    const question = oncePerLayout((tape, place) => {
      asked += 1;
      return tape.next(place);
    });
    const tape = new JsonTape(undefined, new Layouts());
    for (let n = 0; n < 10; n += 1) expect(question(read(tape, '{"a":{"b":1}}'), 1)).toBe(3);
    expect(asked).toBe(2);
    expect(question(tape, 0)).toBe(3);
    for (let n = 0; n < 10; n += 1) expect(question(read(tape, '{"a":{"b":1},"c":1}'), 0)).toBe(4);
    expect(asked).toBe(5);
  });
});
