import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonText } from "./json.test-support.ts";
import { KIND, JsonTape } from "./json-tape.ts";
import { keyOf, numberText, textBetween } from "./json-text.ts";
import { numberValue } from "./number-value.ts";

/** The value at a place, built by walking the tape. */
function built(tape: JsonTape, place: number): unknown {
  const children = (): number[] => {
    const places: number[] = [];
    for (let child = place + 1; child < tape.next(place); child = tape.next(child)) places.push(child);
    return places;
  };
  switch (tape.kind(place)) {
    case KIND.object:
      return new Map(children().map((child) => [keyOf(tape, child), built(tape, child)]));
    case KIND.array:
      return children().map((child) => built(tape, child));
    case KIND.string:
      return textBetween(tape, tape.start(place), tape.end(place));
    case KIND.integer:
    case KIND.double:
      return numberValue(tape, place);
    case KIND.null:
      return null;
    default:
      return tape.kind(place) === KIND.true;
  }
}

function asMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMaps);
  return typeof value === "object" && value !== null ? new Map(Object.entries(value).map(([key, member]) => [key, asMaps(member)])) : value;
}

const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

function compare(tape: JsonTape, text: string): void {
  const expected = parsed(text);
  const error = tape.read(Buffer.from(text), 1_000);
  expect([text, error]).toStrictEqual([text, expected === undefined ? "invalid-json" : undefined]);
  if (expected) expect(built(tape, 0)).toStrictEqual(asMaps(expected.value));
}

/** Keys as written: one that stands twice would be one member to `JSON.parse`, in the place of the first. */
const hasKeysOnce = (text: string): boolean => {
  const tape = new JsonTape();
  tape.read(Buffer.from(text), 1_000);
  for (let place = 0; place < tape.next(0); place += 1) {
    const keys: unknown[] = [];
    if (tape.kind(place) === KIND.object)
      for (let child = place + 1; child < tape.next(place); child = tape.next(child)) keys.push(keyOf(tape, child));
    if (new Set(keys).size !== keys.length) return false;
  }
  return true;
};

/** Whether a text has escapes, escapes by code, wide numbers. */
function facts(text: string): boolean[] {
  const tape = new JsonTape();
  tape.read(Buffer.from(text), 10);
  return [tape.hasEscapes, tape.hasCodes, tape.hasWideNumbers];
}

const digits = (most: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(String.raw`^\d{1,${most}}$`));

describe("JsonTape", () => {
  // One tape for all: nothing of one document may be left in the next.
  const tape = new JsonTape();

  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(jsonText.filter(hasKeysOnce), (text) => compare(tape, text)),
      { numRuns: 5_000 },
    );
  });

  it("refuses what JSON.parse refuses: texts with a byte changed, lost or added", () => {
    const bytes = fc.constantFrom(...'{}[],:"\\0123456789.eE+-truefalsn \n\t\r\u0001x/'.split(""));
    const change = fc.record({ at: fc.nat(400), by: bytes, kind: fc.constantFrom("set", "add", "drop") });
    fc.assert(
      fc.property(jsonText, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        let changed = text;
        for (const { at, by, kind } of changes) {
          const place = at % (changed.length + 1);
          changed = changed.slice(0, place) + (kind === "drop" ? "" : by) + changed.slice(kind === "add" ? place : place + 1);
        }
        if (changed.isWellFormed() && (parsed(changed) === undefined || hasKeysOnce(changed))) compare(tape, changed);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    "",
    " ",
    "{",
    "[",
    '"',
    "-",
    "0",
    "01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "-0",
    "tru",
    "truex",
    "nul",
    "[1,]",
    "[,1]",
    '{"a":1,}',
    '{"a"}',
    "{1:2}",
    '"\\u12"',
    '"\\x"',
    '"\t"',
    "[1 2]",
    "\ufeff1",
    "1 ",
    "\u00a01",
    "'a'",
    '"a',
    '{"a":',
    "NaN",
  ])("agrees on %j", (text) => compare(tape, text));

  it("stops at the depth allowed", () => {
    expect(tape.read(Buffer.from("[[[1]]]"), 3)).toBeUndefined();
    expect(tape.read(Buffer.from("[[[1]]]"), 2)).toBe("too-deep");
    expect(tape.read(Buffer.from("[".repeat(1_000_000)), 100)).toBe("too-deep");
    expect(tape.read(Buffer.from('{"a":[{"b":1}]}'), 3)).toBeUndefined();
    expect(tape.read(Buffer.from('{"a":[{"b":1}]}'), 2)).toBe("too-deep");
    expect(tape.read(Buffer.from("7"), 0)).toBeUndefined();
  });

  it("says whether there are escapes, escapes by code, and wide numbers", () => {
    expect(facts('{"a":"b","c":[123456789012345678]}')).toStrictEqual([false, false, false]);
    expect(facts('{"a":"\\n"}')).toStrictEqual([true, false, false]);
    expect(facts('{"\\u0041":1}')).toStrictEqual([true, true, false]);
    expect(facts("[1e5]")).toStrictEqual([false, false, true]);
    expect(facts("[1234567890123456789]")).toStrictEqual([false, false, true]);
  });

  it("holds more values than it began with, and forgets them", () => {
    compare(tape, JSON.stringify(Array.from({ length: 10_000 }, (_, n) => ({ n }))));
    compare(tape, "[]");
  });
});

describe("numberValue", () => {
  const tape = new JsonTape();
  it("is the double that JavaScript reads, of any number", () => {
    const number = fc
      .tuple(
        fc.boolean(),
        digits(20),
        fc.option(digits(20), { nil: undefined }),
        fc.option(fc.integer({ min: -330, max: 330 }), { nil: undefined, freq: 2 }),
      )
      .map(
        ([negative, whole, part, exponent]) =>
          `${negative ? "-" : ""}${whole.replace(/^0+(?=\d)/, "")}${part === undefined ? "" : `.${part}`}${exponent === undefined ? "" : `e${exponent}`}`,
      );
    fc.assert(
      fc.property(number, (text) => {
        expect(tape.read(Buffer.from(text), 1)).toBeUndefined();
        expect(numberText(tape, 0)).toBe(text);
        expect(Object.is(numberValue(tape, 0), Number(text))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});
