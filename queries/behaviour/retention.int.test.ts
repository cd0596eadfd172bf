import * as fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { oracleRetention } from "../../tests/oracles/retention.ts";
import {
  among,
  counted,
  filterOf,
  makeTables,
  momentWithin,
  position,
  project,
  replaceEvents,
  RUNS,
  selected,
  someEvents,
  wholeFilter,
} from "./behaviour.test-support.ts";
import { retention } from "./retention.ts";

const held = useDatabase();
beforeAll(() => makeTables(held.clickhouse));

const moment = momentWithin(9 * 24 * 60);
const question = fc.record({
  first: selected,
  returning: fc.option(selected, { nil: undefined }),
  cohort: fc.constantFrom("first" as const, "recurring" as const, undefined),
  period: fc.constantFrom("day", "week", "2 days", "6 hours", "2 hours", "month"),
  timezone: fc.constantFrom("Europe/Berlin", "UTC", "Australia/Lord_Howe"),
  from: moment,
  days: fc.integer({ min: 1, max: 12 }),
  entity: fc.constantFrom("subject", "user", "items"),
  asOf: position,
  filter: wholeFilter,
});

it("answers what the definition says, over a change of the clocks too", async () => {
  const property = fc.asyncProperty(someEvents(moment), fc.array(question, { minLength: 6, maxLength: 6 }), async (events, questions) => {
    const ingested = await replaceEvents(held.clickhouse, events, 80);
    for (const { first, returning, cohort, period, timezone, from, days, entity, asOf, filter } of questions) {
      const to = from + days * 86_400_000_000;
      const range = { period, from, to, entity, cohort: cohort ?? ("first" as const) };
      const answer = await retention(held.clickhouse, project, {
        ...range,
        timezone,
        first: first.asked,
        ...(returning ? { returning: returning.asked } : {}),
        ...(asOf ? { asOf } : {}),
        ...filterOf(filter),
      });
      const watermark = counted(asOf, ingested);
      const expected = oracleRetention(among(events, filter), {
        ...range,
        zone: timezone,
        first: first.oracle,
        ...(returning ? { returning: returning.oracle } : {}),
        asOf: watermark,
      });
      expect(answer.cohorts.map(({ start, size, returned }) => ({ start: start.getTime() * 1_000, size, returned }))).toEqual(expected);
      expect(answer.watermark).toEqual(watermark);
    }
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});
