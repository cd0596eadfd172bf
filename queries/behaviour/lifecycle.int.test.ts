import * as fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { oracleLifecycle } from "../../tests/oracles/lifecycle.ts";
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
  selectedSet,
  someEvents,
  wholeFilter,
} from "./behaviour.test-support.ts";
import { lifecycle, type LifecycleRow } from "./lifecycle.ts";

const held = useDatabase();
beforeAll(() => makeTables(held.clickhouse));

const moment = momentWithin(9 * 24 * 60);
const question = fc.record({
  events: fc.option(selectedSet, { nil: undefined }),
  period: fc.constantFrom("day", "week", "2 days", "6 hours", "2 hours", "month"),
  timezone: fc.constantFrom("Europe/Berlin", "UTC", "Australia/Lord_Howe"),
  from: moment,
  days: fc.integer({ min: 1, max: 12 }),
  entity: fc.constantFrom("subject", "user", "items"),
  asOf: position,
  filter: wholeFilter,
});

it("answers what the definition says, and its numbers add up", async () => {
  const property = fc.asyncProperty(someEvents(moment), fc.array(question, { minLength: 6, maxLength: 6 }), async (events, questions) => {
    const ingested = await replaceEvents(held.clickhouse, events, 80);
    for (const { events: selectors, period, timezone, from, days, entity, asOf, filter } of questions) {
      const range = { period, from, to: from + days * 86_400_000_000, entity };
      const answer = await lifecycle(held.clickhouse, project, {
        ...range,
        timezone,
        ...(selectors ? { events: selectors.map(({ asked }) => asked) } : {}),
        ...(asOf ? { asOf } : {}),
        ...filterOf(filter),
      });
      const watermark = counted(asOf, ingested);
      const oracle = selectors?.map((selector) => selector.oracle) ?? project.events.map((definition) => ({ definition }));
      const expected = oracleLifecycle(among(events, filter), { ...range, zone: timezone, events: oracle, asOf: watermark });
      expect(answer.rows.map((row) => ({ start: row.start.getTime() * 1_000, ...countsOf(row) }))).toEqual(expected);
      for (const [index, row] of answer.rows.entries()) {
        const before = answer.rows[index - 1];
        if (before) expect(row.returning + row.dormant).toBe(before.new + before.returning + before.resurrecting);
      }
    }
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});

function countsOf({ dormant, new: fresh, resurrecting, returning }: LifecycleRow): Record<string, number> {
  return { new: fresh, returning, resurrecting, dormant };
}
