import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTime } from "../../model/index.ts";
import { TimeReader } from "./read-time.ts";
import { spanOf } from "./span.ts";

const two = (most: number): fc.Arbitrary<string> => fc.nat(most).map((value) => String(value).padStart(2, "0"));

describe("TimeReader", () => {
  it("reads what parseTime reads, whatever it has read before", () => {
    const reader = new TimeReader();
    const date = fc.constantFrom("2026-11-27", "2026-11-28", "2024-02-29", "1969-12-31", "1970-01-01", "2026-02-30");
    const fraction = fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{0,9}$/));
    const zone = fc.constantFrom("Z", "Z", "Z", "Z", "z", "+02:00", "-23:59", "", "Zx");
    const times = fc.tuple(date, fc.constantFrom("T", "T", "T", "t", " "), two(25), two(61), two(61), fraction, zone);
    const text = fc.oneof(
      { weight: 9, arbitrary: times.map(([day, t, hour, minute, second, part, z]) => `${day}${t}${hour}:${minute}:${second}${part}${z}`) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "",
          "2026-11-27",
          "2026-11-27T",
          "2026-11-27TT9:00:00Z",
          "2026-11-27T09-00-00Z",
          "2026-11-27T09:00:00.:Z",
          "2016-12-31T23:59:60Z",
          "2026-11-27T1é:00:00Z",
        ),
      },
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        for (const each of texts) expect([each, reader.read(spanOf(each))]).toStrictEqual([each, parseTime(each)]);
      }),
      { numRuns: 5_000 },
    );
  });
});
