import { describe, expect, it } from "vitest";
import { jsonText } from "../json/json-text.ts";
import { Layouts } from "../json/layouts.ts";
import { KnownFields } from "./known-fields.ts";

const text = (n: number): string => `{"own":{"n":${n}}}`;
const known = (fields: KnownFields, n: number): string | undefined => {
  const found = fields.get(text(n));
  return found && jsonText(found.tape, found.place);
};

describe("known fields", () => {
  it("are those learned, each with a tape of its own", () => {
    const fields = new KnownFields(new Layouts());
    expect(known(fields, 1)).toBeUndefined();
    for (const n of [1, 2, 3]) fields.learn(text(n));
    expect([1, 2, 3, 4].map((n) => known(fields, n))).toStrictEqual([text(1), text(2), text(3), undefined]);
  });

  it("are learned anew when there are too many, if they were found often", () => {
    const fields = new KnownFields(new Layouts());
    for (let n = 0; n < 2_000; n += 1) {
      if (known(fields, n % 600) === undefined) fields.learn(text(n % 600));
      for (let turn = 0; turn < 3; turn += 1) known(fields, n % 600);
    }
    expect(known(fields, 1_999 % 600)).toBe(text(1_999 % 600));
  });

  it("are kept no longer when hardly one comes twice, nor if they are long", () => {
    const fields = new KnownFields(new Layouts());
    for (let n = 0; n < 1_000; n += 1) fields.learn(text(n));
    expect(Array.from({ length: 1_000 }, (_, n) => known(fields, n)).filter((found) => found !== undefined)).toStrictEqual([]);
    const long = `{"own":{"text":"${"x".repeat(2_000)}"}}`;
    const other = new KnownFields(new Layouts());
    other.learn(long);
    expect(other.get(long)).toBeUndefined();
  });
});
