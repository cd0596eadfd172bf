import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { parseTime } from "./parse-time.ts";

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

/** Well-formed times: any year of four digits, any offset, none to twelve digits of a second; the day may not exist. */
const wellFormed = fc
  .record({
    year: fc.integer({ min: 0, max: 9_999 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    second: fc.integer({ min: 0, max: 59 }),
    fraction: fc.option(fc.stringMatching(/^\d{1,12}$/), { nil: undefined }),
    offset: fc.oneof(
      fc.constant("Z"),
      fc
        .tuple(fc.constantFrom("+", "-"), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
        .map(([sign, hours, minutes]) => `${sign}${pad(hours, 2)}:${pad(minutes, 2)}`),
    ),
  })
  .map(({ year, month, day, hour, minute, second, fraction, offset }) => {
    const clock = `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}`;
    return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}${fraction === undefined ? "" : `.${fraction}`}${offset}`;
  });

/** RFC 3339 by its grammar and the calendar by Temporal: an independent reading. */
function oracle(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-](?:[01]\d|2[0-3]):[0-5]\d))$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, date, clock, second, fraction = "", offset = "Z"] = match;
  try {
    Temporal.PlainDate.from(date!, { overflow: "reject" });
    const leap = second === "60";
    const micros = fraction.slice(0, 6).padEnd(6, "0");
    const instant = Temporal.Instant.from(`${date}T${clock}${leap ? "59" : second}.${micros}${offset}`);
    return Number(instant.epochNanoseconds / 1_000n) + (leap ? 1_000_000 : 0);
  } catch {
    return undefined;
  }
}

describe("parseTime", () => {
  it.each<[string, number]>([
    ["1970-01-01T00:00:00Z", 0],
    ["1970-01-01T00:00:00-00:00", 0],
    ["1970-01-01T01:00:00+01:00", 0],
    ["1969-12-31T23:59:59.999999Z", -1],
    ["2026-11-27T09:30:00.123456Z", 1_795_771_800_123_456],
    ["2026-11-27T09:30:00.1234569Z", 1_795_771_800_123_456],
    ["2026-11-27T09:30:00.1Z", 1_795_771_800_100_000],
    ["2026-11-27t09:30:00z", 1_795_771_800_000_000],
    ["2024-02-29T12:00:00Z", 1_709_208_000_000_000],
    ["2016-12-31T23:59:60Z", 1_483_228_800_000_000],
    ["2200-12-31T23:59:59.999999Z", Date.UTC(2201, 0, 1) * 1_000 - 1],
  ])("%s", (text, micros) => {
    expect(parseTime(text)).toBe(micros);
  });

  it.each([
    "",
    "2026-11-27",
    "2026-11-27T09:30Z",
    "2026-11-27T09:30:00",
    "2026-11-27 09:30:00Z",
    "2026-11-27T09:30:00.Z",
    "2026-11-27T09:30:00,5Z",
    "2026-11-27T09:30:00+0100",
    "2026-11-27T09:30:00+01",
    "2026-11-27T09:30:00+24:00",
    "2026-11-27T09:30:00+01:60",
    "2026-11-27T24:00:00Z",
    "2026-11-27T09:60:00Z",
    "2026-11-27T09:30:61Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-11-27T09:30:00Z ",
    " 2026-11-27T09:30:00Z",
    "2026-11-27T09:30:00Zjunk",
    "+002026-11-27T09:30:00Z",
    "-000001-01-01T00:00:00Z",
    "20261127T093000Z0000",
    "٢٠٢٦-11-27T09:30:00Z",
    "Fri, 27 Nov 2026 09:30:00 GMT",
    "1795771800000000000000",
  ])("%j is no RFC 3339 time", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it("reads what Temporal reads, to the microsecond", () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(parseTime(text)).toBe(oracle(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it("agrees with Date.parse to the millisecond", () => {
    const instants = fc.date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });
    fc.assert(
      fc.property(instants, (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime() * 1_000);
      }),
      { numRuns: 5_000 },
    );
  });

  it("refuses every mutation that the grammar refuses, and reads the others alike", () => {
    const mutated = fc
      .tuple(
        wellFormed,
        fc.nat(40),
        fc.constantFrom("replace", "insert", "delete"),
        fc.constantFrom(...Array.from("0159:-+.TtZz /x\u0000é")),
      )
      .map(([text, at, how, character]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + (how === "delete" ? "" : character) + text.slice(how === "insert" ? place : place + 1);
      });
    fc.assert(
      fc.property(mutated, (text) => {
        expect(parseTime(text)).toBe(oracle(text));
      }),
      { numRuns: 10_000 },
    );
  });
});
