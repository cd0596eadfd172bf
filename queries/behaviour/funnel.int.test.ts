import * as fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { oracleFunnel, type OracleFunnelGroup } from "../../tests/oracles/funnel.ts";
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
  selected,
  someEvents,
  wholeFilter,
} from "./behaviour.test-support.ts";
import { funnel } from "./funnel.ts";
import type { FunnelAnswer, TimeToConvert } from "./funnel-request.ts";

const held = useDatabase();
beforeAll(() => makeTables(held.clickhouse));

const moment = momentWithin(8);
const question = fc.record({
  steps: fc.array(selected, { minLength: 2, maxLength: 4 }),
  minutes: fc.integer({ min: 1, max: 6 }),
  from: moment.map((time) => Math.min(time, CENTRE)),
  length: fc.integer({ min: 1, max: 16 * 60_000_000 }),
  entity: fc.constantFrom("subject", "subject", "user", "data.items", "source", undefined),
  by: fc.constantFrom("country", "gift", "items", "subject", undefined, undefined),
  asOf: position,
  filter: wholeFilter,
  now: moment,
});

it("answers what the definition says, ties, repetitions, late events and past positions included", async () => {
  const property = fc.asyncProperty(
    someEvents(moment),
    fc.integer({ min: 40, max: 100 }),
    fc.array(question, { minLength: 6, maxLength: 6 }),
    async (events, committed, questions) => {
      const ingested = await replaceEvents(held.clickhouse, events, committed);
      for (const { steps, minutes, from, length, entity, by, asOf, filter, now } of questions) {
        const [to, window] = [from + length, minutes * 60_000_000];
        const answer = await funnel(held.clickhouse, project, {
          steps: steps.map(({ asked }) => asked),
          window: `${minutes}m`,
          from,
          to,
          now: new Date(now / 1_000),
          ...(entity === undefined ? {} : { entity }),
          ...(by === undefined ? {} : { by }),
          ...(asOf ? { asOf } : {}),
          ...filterOf(filter),
        });
        const watermark = counted(asOf, ingested);
        expect(answer.watermark).toEqual(watermark);
        // All was stored long after, so what is ingested is never less than the present; nothing is known of streams that have nothing.
        const knownTo =
          Object.keys(watermark).length === 2 && Object.values(watermark).every(({ seq }) => seq > 0)
            ? Math.floor(now / 1_000) * 1_000
            : -Infinity;
        const expected = oracleFunnel(among(events, filter), {
          steps: steps.map(({ oracle }) => oracle),
          window,
          from,
          to,
          asOf: watermark,
          knownTo,
          ...(entity === undefined ? {} : { entity }),
          ...(by === undefined ? {} : { by }),
        });
        expect(groupsOf(answer)).toEqual(new Map(expected.map((group) => [group.value, inSeconds(group)])));
      }
    },
  );
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});

it("keeps the order where a place in the log does not fit into 128 bits", async () => {
  const huge = someEvents(moment).map((events) =>
    events.map((event) => ({ ...event, seq: event.seq * 2 ** 44, idx: event.idx * 2_000_000_000 })),
  );
  const property = fc.asyncProperty(huge, selected, selected, async (events, first, second) => {
    const asOf = await replaceEvents(held.clickhouse, events);
    const range = { from: CENTRE - 600_000_000, to: CENTRE + 600_000_000 };
    const steps = [first, second, first];
    const answer = await funnel(held.clickhouse, project, { ...range, steps: steps.map(({ asked }) => asked), window: "5m" });
    const expected = oracleFunnel(events, {
      ...range,
      steps: steps.map(({ oracle }) => oracle),
      window: 300_000_000,
      asOf,
      knownTo: Infinity,
    });
    expect(answer.groups.map(({ steps: found }) => found.map(({ entities }) => entities))).toEqual(
      expected.map(({ steps: wanted }) => wanted.map(({ entities }) => entities)),
    );
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});

function groupsOf(answer: FunnelAnswer): Map<unknown, unknown> {
  return new Map(
    answer.groups.map(({ group, open, steps }) => [
      Object.values(group)[0] ?? null,
      { open, steps: steps.map(({ entities, fromPrevious, fromFirst }) => ({ entities, fromPrevious, fromFirst })) },
    ]),
  );
}

function inSeconds({ open, steps }: OracleFunnelGroup): unknown {
  return {
    open,
    steps: steps.map(({ entities, fromPrevious, fromFirst }) => ({
      entities,
      fromPrevious: timeOf(fromPrevious),
      fromFirst: timeOf(fromFirst),
    })),
  };
}

function timeOf([median, p90]: readonly (number | null)[]): TimeToConvert | null {
  return typeof median === "number" && typeof p90 === "number" ? { median: median / 1e6, p90: p90 / 1e6 } : null;
}
