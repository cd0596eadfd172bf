import * as fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { oraclePaths } from "../../tests/oracles/paths.ts";
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
import { paths } from "./paths.ts";

const held = useDatabase();
beforeAll(() => makeTables(held.clickhouse));

const moment = momentWithin(8);
const question = fc.record(
  {
    events: selectedSet,
    length: fc.constantFrom(2, 2, 3, 3, 4, 10),
    gap: fc.constantFrom(1, 2, 3),
    collapse: fc.boolean(),
    startAt: fc.constantFrom("seen", "added"),
    endAt: fc.constantFrom("seen", "bought"),
    from: moment,
    minutes: fc.integer({ min: 1, max: 16 }),
    entity: fc.constantFrom("subject", "user", "items"),
    asOf: position,
    filter: wholeFilter,
  },
  { requiredKeys: ["length", "from", "minutes"] },
);

it("answers what the definition says, in sessions and without, with repetitions and ties", async () => {
  const property = fc.asyncProperty(someEvents(moment), fc.array(question, { minLength: 8, maxLength: 8 }), async (events, questions) => {
    const ingested = await replaceEvents(held.clickhouse, events, 80);
    for (const { events: selectors, gap, from, minutes, asOf, filter, startAt, endAt, ...asked } of questions) {
      const chosen = selectors ?? project.events.map((definition) => ({ asked: definition.type, oracle: { definition } }));
      const named = (type: string | undefined): boolean => chosen.some(({ oracle }) => oracle.definition.type === type);
      const ends = {
        ...(startAt !== undefined && named(startAt) ? { startAt } : {}),
        ...(endAt !== undefined && named(endAt) ? { endAt } : {}),
      };
      const range = { ...asked, ...ends, from, to: from + minutes * 60_000_000 };
      const answer = await paths(held.clickhouse, project, {
        ...range,
        limit: 1_000,
        ...(selectors ? { events: selectors.map((selector) => selector.asked) } : {}),
        ...(gap === undefined ? {} : { gap: `${gap}m` }),
        ...(asOf ? { asOf } : {}),
        ...filterOf(filter),
      });
      const watermark = counted(asOf, ingested);
      const found = oraclePaths(among(events, filter), {
        ...range,
        events: chosen.map(({ oracle }) => oracle),
        asOf: watermark,
        ...(gap === undefined ? {} : { gap: gap * 60_000_000 }),
      });
      const total = found.reduce((sum, { count }) => sum + count, 0);
      const sorted = found.toSorted((a, b) => b.count - a.count || (a.path.join(" ") < b.path.join(" ") ? -1 : 1));
      expect(answer.paths).toEqual(sorted.map((each) => ({ ...each, share: each.count / total })));
      expect([answer.total, answer.different, answer.watermark]).toEqual([total, found.length, watermark]);
    }
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});
