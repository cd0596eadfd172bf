import * as fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { calendar, CALENDAR_PARTS, type CalendarPart, type FeatureSet } from "../../model/index.ts";
import { oracleFeatures } from "../../tests/oracles/features.ts";
import { build, iso, testBench, type TestBench } from "./training.test-support.ts";

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

/** Zones whose clocks do odd things: half and three quarter hours, summer time of half an hour, a day that was skipped, seconds, and none at all. */
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "Africa/Monrovia",
  "Africa/Casablanca",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
];
const PARTS = Object.keys(CALENDAR_PARTS) as CalendarPart[];
const everything: FeatureSet = {
  name: "clocks",
  entity: "subject",
  features: Object.fromEntries(ZONES.map((zone) => [zone.toLowerCase().replace("/", "_"), calendar(PARTS, zone)])),
};

const YEAR = 31_556_952_000_000;
/** Times of all the years that label rows may have, and of the last of them; and of today's years, around the changes of clocks. */
const moments = fc.array(
  fc
    .oneof(
      fc.integer({ min: 0, max: 230 * YEAR - 1 }),
      fc.integer({ min: 0, max: 70 * YEAR }),
      fc
        .constantFrom(
          "2026-03-29T01:00:00Z",
          "2026-10-25T01:00:00Z",
          "2011-12-30T10:00:00Z",
          "2026-04-04T15:00:00Z",
          "1972-01-07T00:44:30Z",
        )
        .map((text) => Date.parse(text) * 1_000),
      fc.constantFrom(0, 230 * YEAR - 1, Date.UTC(2027, 0, 3, 23) * 1_000, Date.UTC(2020, 11, 31, 12) * 1_000),
    )
    .chain((at) => fc.constantFrom(-1, 0, 1, 999_999).map((shift) => Math.min(Math.max(0, at + shift), Date.UTC(2200, 0) * 1_000 - 1))),
  { minLength: 500, maxLength: 500 },
);

test("what clocks and calendars show at T is what they show, in any zone and year", async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (times) => {
      const spine = times.map((time) => ({ entity: "a", time }));
      const rows = await build(bench, {
        features: everything,
        spine: { rows: spine.map(({ time }) => ({ entity: "a", time: iso(time) })) },
      });
      expect(rows.map(({ entity: _entity, time: _time, ...values }) => values)).toEqual(oracleFeatures([], everything, spine));
    }),
    { numRuns: Number(process.env["FEATURE_RUNS"] ?? 1), endOnFailure: true },
  );
});
