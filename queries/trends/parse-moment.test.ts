import { expect, test } from "vitest";
import { QueryError } from "../query-error.ts";
import { parseMoment } from "./parse-moment.ts";

const iso = (micros: number): string => `${new Date(Math.floor(micros / 1_000)).toISOString()}+${micros % 1_000}us`;

test.each([
  ["2026-03-29", "UTC", "2026-03-29T00:00:00.000Z+0us"],
  ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z+0us"],
  ["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z+0us"],
  // Skipped by the clocks: the moment they jump over it. Shown twice: the first time.
  ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00:00.000Z+0us"],
  ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z+0us"],
  ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z+0us"],
  ["2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00.000Z+0us"],
  ["2026-03-29 10:20:30.1234567", "UTC", "2026-03-29T10:20:30.123Z+456us"],
  ["2026-03-29T10:20:30Z", "Europe/Berlin", "2026-03-29T10:20:30.000Z+0us"],
  [" 2026-03-29T10:20:30+05:45 ", "Europe/Berlin", "2026-03-29T04:35:30.000Z+0us"],
  ["2026-03-29T10:20-03:30", "UTC", "2026-03-29T13:50:00.000Z+0us"],
])("reads %s in %s", (text, timezone, expected) => {
  expect(iso(parseMoment(text, "from", timezone))).toBe(expected);
});

test("takes dates and microseconds as they are", () => {
  expect(parseMoment(new Date("2026-03-29T10:20:30.123Z"), "from", "Europe/Berlin")).toBe(1_774_779_630_123_000);
  expect(parseMoment(1_774_779_630_123_456, "from", "Europe/Berlin")).toBe(1_774_779_630_123_456);
});

test.each([
  "",
  "now",
  "2026",
  "2026-13-01",
  "2026-02-30",
  "2026-03-29T24:00",
  "2026-03-29T10",
  "2026-03-29T10:20:30 UTC",
  "1774779630",
  "2026-03-29T10:60",
])('refuses "%s"', (text) => {
  expect(() => parseMoment(text, "to", "UTC")).toThrow(QueryError);
});
