import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { oracleSessions } from "../../tests/oracles/sessions.ts";
import {
  among,
  CENTRE,
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
import { sessions } from "./sessions.ts";
import type { SessionsAnswer } from "./sessions-request.ts";

const held = useDatabase();
beforeAll(() => makeTables(held.clickhouse));

const moment = momentWithin(40);
const question = fc.record({
  events: fc.option(selectedSet, { nil: undefined }),
  gap: fc.constantFrom("1m", "2m", "60001ms", "5m", "30m"),
  from: moment,
  length: fc.integer({ min: 1, max: 60 * 60_000_000 }),
  entity: fc.constantFrom("subject", "user", "gift"),
  asOf: position,
  filter: wholeFilter,
});
const GAPS: Readonly<Record<string, number>> = { "1m": 60e6, "2m": 120e6, "60001ms": 60_001_000, "5m": 300e6, "30m": 1_800e6 };

describe("sessions", () => {
  it("are what the definition says, also where the range cuts them", async () => {
    const property = fc.asyncProperty(someEvents(moment), fc.array(question, { minLength: 6, maxLength: 6 }), async (events, questions) => {
      const ingested = await replaceEvents(held.clickhouse, events, 80);
      for (const { events: selectors, gap, from, length, entity, asOf, filter } of questions) {
        const range = { from, to: from + length, entity };
        const answer = await sessions(held.clickhouse, project, {
          ...range,
          gap,
          now: new Date(CENTRE / 1_000),
          ingestedUntil: new Date(CENTRE / 1_000),
          ...(selectors ? { events: selectors.map(({ asked }) => asked) } : {}),
          ...(asOf ? { asOf } : {}),
          ...filterOf(filter),
        });
        const watermark = counted(asOf, ingested);
        const oracle = selectors?.map((selector) => selector.oracle) ?? project.events.map((definition) => ({ definition }));
        const expected = oracleSessions(among(events, filter), {
          ...range,
          gap: GAPS[gap]!,
          events: oracle,
          asOf: watermark,
          knownTo: CENTRE,
        });
        const { depth, length: lengths, ...counts } = expected;
        expect(plain(answer)).toEqual({
          ...counts,
          depth: depth[0] === null ? null : depth,
          length: lengths[0] === null ? null : lengths.map((micros) => micros! / 1e6),
        });
      }
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });

  it("that go on for days after the range are followed to their end, and two adjacent ranges add up", async () => {
    const hours = 24 * 20;
    const events = Array.from({ length: hours }, (_, hour) => ({
      type: "seen",
      time: CENTRE + hour * 3_600e6,
      known_at: CENTRE,
      stream: "A",
      epoch: 1,
      seq: hour + 1,
      idx: 0,
      id: String(hour),
      source: "web",
      subject: hour < hours - 2 ? "ann" : "bob",
      data: {},
    }));
    await replaceEvents(held.clickhouse, events);
    const ask = (from: number, to: number): Promise<SessionsAnswer> => sessions(held.clickhouse, project, { from, to, gap: "61m" });
    const [whole, first, second] = await Promise.all([
      ask(CENTRE, CENTRE + 30 * 86_400e6),
      ask(CENTRE, CENTRE + 3_600e6),
      ask(CENTRE + 3_600e6, CENTRE + 30 * 86_400e6),
    ]);
    expect([first.sessions, second.sessions, whole.sessions]).toEqual([1, 1, 2]);
    expect(first.length?.max).toBe((hours - 3) * 3_600);
    expect([first.eventCount, second.eventCount, whole.eventCount]).toEqual([hours - 2, 2, hours]);
  });
});

function plain({ depth, depths, entities, eventCount, length, lengths, open, sessions: count }: SessionsAnswer): unknown {
  return {
    sessions: count,
    entities,
    events: eventCount,
    open,
    length: length && [length.median, length.p90, length.max],
    depth: depth && [depth.median, depth.p90, depth.max],
    lengths: lengths.map((each) => each.sessions),
    depths: depths.map((each) => each.sessions),
  };
}
