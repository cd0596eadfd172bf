import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, it, test } from "vitest";
import {
  calendar,
  difference,
  expandFeatures,
  latest,
  over,
  ratio,
  sinceFirst,
  type FeatureMeasure,
  type FeatureSet,
  type NamedFeature,
} from "../../model/index.ts";
import { fieldValue, type OracleEvent } from "../../tests/oracles/event.ts";
import { oracleFeatures, type OracleSpineRow } from "../../tests/oracles/features.ts";
import { QueryError } from "../query-error.ts";
import { explainFeature, type ExplainRequest, type FeatureExplanation } from "./explain-feature.ts";
import { randomEvents, randomFeatures, randomSpine, randomWatermark } from "./random-features.test-support.ts";
import {
  addEvents,
  emptyTables,
  eventAt,
  iso,
  MS,
  paid,
  payments,
  project as base,
  revenue,
  START,
  testBench,
  type TestBench,
} from "./training.test-support.ts";

const project = { ...base, streams: [...base.streams, { name: "R", subjects: ["r.>"] }] };

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

const numRuns = Number(process.env["FEATURE_RUNS"] ?? 4);

const cases = randomFeatures.chain((set) =>
  fc.record({ set: fc.constant(set), events: randomEvents, spine: randomSpine(set), asOf: randomWatermark, which: fc.nat() }),
);

/** A measure over the listed events by themselves, in plain arithmetic. */
function measured(measure: FeatureMeasure, explanation: FeatureExplanation, at: number): string | number | null {
  const events = explanation.events?.counted.events ?? [];
  const values = events.map(({ value }) => value).filter((value) => value !== null);
  const numbers = values.map(Number);
  const total = numbers.reduce((sum, value) => sum + Math.round(value * 100), 0);
  const inOrder = [...events].sort((a, b) => Number(placeOf(a) > placeOf(b)) - 0.5);
  switch (measure.kind) {
    case "count":
      return events.length;
    case "uniq":
      return new Set(values).size;
    case "sum":
      return values.length === 0 ? null : total / 100;
    case "avg":
      return values.length === 0 ? null : total / 100 / values.length;
    case "variance":
    case "stddev": {
      const squares = numbers.reduce((sum, value) => sum + Math.round(value * 100) ** 2, 0);
      const squared = (values.length * squares - total ** 2) / values.length ** 2 / 10_000;
      return values.length === 0 ? null : expect.closeTo(measure.kind === "variance" ? squared : Math.sqrt(squared), 9);
    }
    case "min":
    case "max":
      return values.length === 0 ? null : Math[measure.kind](...numbers);
    case "first":
    case "last":
      return inOrder.at(measure.kind === "first" ? 0 : -1)?.value ?? null;
    case "ageOfLast":
    case "ageOfFirst": {
      const one = inOrder.at(measure.kind === "ageOfFirst" ? 0 : -1);
      return one ? (at - micros(one.time)) / 1e6 : null;
    }
    default:
      throw new Error("No feature.");
  }
}

function placeOf({
  position: { epoch, idx, seq, stream },
  time,
}: {
  readonly time: string;
  readonly position: { stream: string; epoch: number; seq: number; idx: number };
}): string {
  return [time, stream, ...[epoch, seq, idx].map((part) => String(part).padStart(20, "0"))].join(" ");
}

function ids(group: { readonly events: readonly { readonly id: string }[] } | undefined): readonly string[] | undefined {
  return group?.events.map(({ id }) => id);
}

function micros(time: string): number {
  return Date.parse(`${time.slice(0, 23)}Z`) * 1_000 + Number(time.slice(23, 26));
}

/** Events of a type that are about the entity of a label. */
function eventsOf(
  events: readonly OracleEvent[],
  feature: Extract<NamedFeature, { kind: "window" }>,
  set: FeatureSet,
  row: OracleSpineRow,
): number {
  const whom = typeof row.entity === "string" ? { entity: row.entity } : row.entity;
  const fields = typeof set.entity === "string" ? { entity: set.entity } : set.entity;
  return events.filter(
    (event) =>
      event.type === feature.event.type &&
      Object.entries(fields).every(([name, field]) => {
        const value = fieldValue(event, field, feature.event);
        return value !== null && String(value) === whom[name];
      }),
  ).length;
}

test("the listed events give the oracle's value, and no event of the entity is missing among those counted and left out", async () => {
  let explained = 0;
  let leftOut = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ asOf, events, set, spine, which }) => {
      await emptyTables(bench);
      await addEvents(bench.clickhouse, events);
      const features = expandFeatures(set);
      for (const [index, row] of spine.slice(0, 4).entries()) {
        const feature = features[(which + index) % features.length] as NamedFeature;
        const { explanation } = await explainFeature(bench.clickhouse, project, {
          features: set,
          entity: row.entity,
          feature: feature.name,
          at: row.time,
          limit: 1_000,
          ...(asOf ? { asOf } : {}),
        });
        const [values] = oracleFeatures(events, set, [row], asOf);
        const check = (each: FeatureExplanation): void => {
          expect({ [each.name]: each.value }).toEqual({ [each.name]: values?.[each.name] });
          const own = features.find(({ name }) => name === each.name);
          if (own?.kind === "window" && each.events) {
            const { counted, leftOut: out, total } = each.events;
            expect(measured(own.measure, each, row.time)).toEqual(each.value);
            expect(total).toBe(eventsOf(events, own, set, row));
            expect(counted.count + out.reduce((sum, { count }) => sum + count, 0)).toBe(total);
            for (const group of [counted, ...out]) expect(group.events).toHaveLength(group.count);
            explained += 1;
            leftOut += out.length;
          } else expect(each.events).toBeNull();
          for (const part of each.parts) check(part);
        };
        check(explanation);
      }
    }),
    { numRuns, endOnFailure: true },
  );
  expect([explained > numRuns, leftOut > numRuns]).toEqual([true, true]);
}, 7_200_000);

describe("an explanation", () => {
  const T = START + 100 * MS;
  const set: FeatureSet = {
    name: "buyer",
    entity: "subject",
    features: {
      n: over(payments, { window: "10ms" }),
      gifts: over(revenue, { window: "20ms", delay: "1ms", filter: { gift: true } }),
      share: ratio("n", "gifts"),
      rest: difference("share", "n"),
      local: calendar("hour_of_day", "Asia/Kathmandu"),
      known: sinceFirst(paid, { delay: "5ms" }),
      last: latest(paid, "shop.id"),
    },
  };
  const gift = { gift: true, amount: 2 };
  const events = [
    eventAt(T - 20 * MS, { id: "old", data: gift }),
    eventAt(T - 21 * MS, { id: "edge", data: gift }),
    eventAt(T - 21 * MS - 1, { id: "before", data: gift }),
    eventAt(T - 2 * MS, { id: "late", data: gift, known_at: T + 1 }),
    eventAt(T - 3 * MS, { id: "plain", data: { amount: 5 } }),
    eventAt(T - 4 * MS, { id: "bare", data: { gift: true } }),
    eventAt(T - MS, { id: "end", data: gift }),
    eventAt(T - 1, { id: "newest", data: gift }),
    eventAt(T - 5 * MS, { id: "other", subject: "b", data: gift }),
    eventAt(T - 6 * MS, { id: "after", data: gift }),
  ];
  const asOf = { S: { epoch: 1, seq: (events.at(-1)?.seq ?? 0) - 1 } };
  beforeAll(async () => {
    await emptyTables(bench);
    await addEvents(bench.clickhouse, events);
  });
  const about = async (feature: string) => (await explain({ feature })).explanation;
  const explain = (request: Partial<ExplainRequest>) =>
    explainFeature(bench.clickhouse, project, { features: set, entity: "a", feature: "gifts", at: T, asOf, ...request });

  it("says of each event whether it counts and why not, the nearest to the window first", async () => {
    const { explanation, ...rest } = await explain({});
    expect(rest).toEqual({ features: "buyer", entity: { entity: "a" }, at: iso(T), watermark: asOf });
    expect(explanation).toMatchObject({
      name: "gifts",
      value: 4,
      rule: "sum(amount) of paid in [2026-01-01T00:00:00.079Z, 2026-01-01T00:00:00.099Z) where gift = true",
      window: { from: "2026-01-01T00:00:00.079000Z", to: "2026-01-01T00:00:00.099000Z" },
    });
    expect(ids(explanation.events?.counted)).toEqual(["old", "edge"]);
    expect(explanation.events?.leftOut.map((group) => [group.reason, group.count, ids(group)])).toEqual([
      ["before-window", 1, ["before"]],
      ["after-window", 2, ["end", "newest"]],
      ["filtered-out", 1, ["plain"]],
      ["without-field", 1, ["bare"]],
      ["known-later", 1, ["late"]],
      ["after-watermark", 1, ["after"]],
    ]);
    expect(explanation.events?.counted.events[1]).toEqual({
      id: "edge",
      source: "/test",
      time: iso(T - 21 * MS),
      knownAt: iso(T - 21 * MS),
      position: { stream: "S", epoch: 1, seq: events[1]?.seq, idx: 0 },
      value: 2,
    });
  });

  it("lists so many of each fate, and counts all", async () => {
    const { explanation } = await explain({ limit: 1 });
    expect(explanation.events).toMatchObject({
      total: 9,
      counted: { count: 2, events: [{ id: "old" }] },
      leftOut: [{}, { reason: "after-window", count: 2, events: [{ id: "end" }] }, {}, {}, {}, {}],
    });
  });

  it("explains the parts of what is worked out from others, and theirs", async () => {
    const { explanation } = await explain({ feature: "rest" });
    expect(explanation).toMatchObject({ rule: "share - n", events: null, window: null });
    expect(explanation.parts.map(({ name }) => name)).toEqual(["share", "n"]);
    expect(explanation.parts[0]?.parts.map(({ name, value }) => [name, value])).toEqual([
      ["n", 4],
      ["gifts", 4],
    ]);
  });

  it("says the moments of features without a window of events, or without a beginning", async () => {
    expect(await about("local")).toMatchObject({
      rule: "hour_of_day of 2026-01-01T00:00:00.1Z in Asia/Kathmandu: 0 to 23",
      value: 5,
      events: null,
    });
    expect(await about("known")).toMatchObject({
      rule: "seconds to T from the first paid before 2026-01-01T00:00:00.095Z",
      window: { from: null },
      value: 0.021001,
    });
    expect((await about("last")).events).toMatchObject({ counted: { count: 0, events: [] } });
  });

  it.each<[string, Partial<ExplainRequest>, string]>([
    ["a feature that there is not", { feature: "gift" }, 'The feature set "buyer" has no feature "gift": did you mean "gifts"?'],
    ["no events to list", { limit: 0 }, '"limit" is a number of events from 1 to 1,000, not 0.'],
    [
      "a part that there is not",
      { entity: { byer: "a" } },
      'Entity 1 has "byer", which is no part of an entity of "buyer": its parts are entity.',
    ],
  ])("is refused for %s", async (_name, request, sentence) => {
    await expect(explain(request)).rejects.toThrow(new QueryError(sentence));
  });
});
