import fc from "fast-check";

const space = fc.constantFrom("", "", "", " ", "\n", "\t", "\r\n", "  ");

/** A string literal: plain, escaped, with quotes and brackets inside, with surrogate pairs raw and escaped. */
const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("a", "b", "data", "id", ".", "{", "}", "[", "]", ":", ",", "é", "€", "😀", " ", "0", "-1", "1e9"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\\"', "\\\\", "\\/", "\\n", "\\u0041", "\\u002e", "\\u0022", "\\ud83d\\ude00", "\\u005c", "\\u0000"),
  },
);
const stringText = fc.array(piece, { maxLength: 6 }).map((pieces) => `"${pieces.join("")}"`);

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom("0", "-0", "-0.0", "1e5", "1E+5", "2e-7", "123456789012345678", "9007199254740993", "0.1234567890123456789", "5e-324"),
);

const keyText = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('"a"', '"b"', '"c"', '"data"', '"d\\u0061ta"', '"a.b"', '"__proto__"', '"constructor"', '""') },
  { weight: 1, arbitrary: stringText },
);

/** JSON values as text, about four levels deep. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => {
  const scalar = fc.oneof(stringText, numberText, fc.constantFrom("true", "false", "null"));
  const list = fc
    .tuple(space, fc.array(fc.tuple(space, tie("value"), space), { maxLength: 4 }))
    .map(([inside, items]) => `[${items.length === 0 ? inside : items.map((item) => item.join("")).join(",")}]`);
  const record = objectText(tie("value"));
  return { value: fc.oneof({ maxDepth: 4 }, scalar, list, record) };
}).value;

function objectText(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(space, fc.array(fc.tuple(space, keyText, space, fc.constant(":"), space, value, space), { maxLength: 5 }))
    .map(([inside, members]) => `{${members.length === 0 ? inside : members.map((member) => member.join("")).join(",")}}`);
}

/** JSON objects as text. */
export const jsonObjectText: fc.Arbitrary<string> = fc.tuple(space, objectText(jsonText), space).map((parts) => parts.join(""));
