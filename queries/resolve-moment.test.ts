import { expect, test } from "vitest";
import { QueryError } from "./query-error.ts";
import { resolveMoment } from "./resolve-moment.ts";

const now = Date.UTC(2026, 10, 27, 9, 30) * 1_000;
const berlin = { timezone: "Europe/Berlin", now };
const utc = { timezone: "UTC", now };

test("takes texts on the clocks of the zone, dates, and microseconds as they are", () => {
  expect(resolveMoment("2026-03-29T12:20:30.123456", "from", berlin)).toBe(1_774_779_630_123_456);
  expect(resolveMoment(new Date("2026-03-29T10:20:30.123Z"), "from", berlin)).toBe(1_774_779_630_123_000);
  expect(resolveMoment(1_774_779_630_123_456, "from", berlin)).toBe(1_774_779_630_123_456);
});

test("takes words, on the clocks of the zone", () => {
  expect(resolveMoment("now", "to", berlin)).toBe(now);
  expect(resolveMoment("yesterday", "from", berlin)).toBe(Date.UTC(2026, 10, 25, 23) * 1_000);
  expect(resolveMoment("24h ago", "from", berlin)).toBe(Date.UTC(2026, 10, 26, 9, 30) * 1_000);
});

test("reaches to the end of 2200, as events do", () => {
  expect(resolveMoment("2201", "to", utc)).toBe(Date.UTC(2201, 0, 1) * 1_000);
  expect(() => resolveMoment("2201-01-01T00:00:00.000001Z", "to", utc)).toThrow(
    new QueryError('"to" must lie between the years 1970 and 2200, in whole microseconds.'),
  );
  expect(() => resolveMoment("1969-12-31T23:59:59.999999Z", "to", utc)).toThrow(/1970/);
});

test.each(["", "nowadays", "2026-02-30", "2026-02-30T00:00:00Z", "1774779630"])('refuses "%s"', (text) => {
  expect(() => resolveMoment(text, "to", utc)).toThrow(QueryError);
});
