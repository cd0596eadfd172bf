import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, it, test } from "vitest";
import { describeFeatures, type FeatureSet } from "../../model/index.ts";
import { oracleFeatures, type OracleSpineRow } from "../../tests/oracles/features.ts";
import { QueryError } from "../query-error.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import { getFeatures, getFeaturesFile, type OnlineRequest } from "./get-features.ts";
import type { OnlineEntity } from "./online-entities.ts";
import { randomEvents, randomFeatures, randomSpine, randomWatermark } from "./random-features.test-support.ts";
import { addEvents, emptyTables, eventAt, iso, MS, project as base, START, testBench, type TestBench } from "./training.test-support.ts";

const project = { ...base, streams: [...base.streams, { name: "R", subjects: ["r.>"] }] };

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

const numRuns = Number(process.env["FEATURE_RUNS"] ?? 4);
const shops: FeatureSet = {
  name: "shops",
  entity: { buyer: "subject", shop: "shop.id" },
  features: { n: { metric: base.metrics[0]!, window: "1d" } },
};

/** The labels of each moment, as they are asked about together. */
function byMoment(spine: readonly OracleSpineRow[]): Map<number, OracleSpineRow[]> {
  const moments = new Map<number, OracleSpineRow[]>();
  for (const row of spine) moments.set(row.time, [...(moments.get(row.time) ?? []), row]);
  return moments;
}

const cases = randomFeatures.chain((set) =>
  fc.record({ set: fc.constant(set), events: randomEvents, spine: randomSpine(set), asOf: randomWatermark }),
);

test("every value is the oracle's, for random definitions, events, entities, moments and watermarks", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ asOf, events, set, spine }) => {
      await emptyTables(bench);
      await addEvents(bench.clickhouse, events);
      const names = describeFeatures(set).map(({ name }) => name);
      const moments = [...byMoment(spine)].slice(0, 3);
      for (const [at, rows] of moments) {
        const answer = await getFeatures(bench.clickhouse, project, {
          features: set,
          entities: rows.map(({ entity }) => entity),
          at,
          ...(asOf ? { asOf } : {}),
        });
        const values = answer.rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
        expect(values).toEqual(oracleFeatures(events, set, rows, asOf));
        compared += values.length * names.length;
      }
    }),
    { numRuns, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(numRuns * 10);
}, 7_200_000);

describe("an answer", () => {
  const at = START + 100 * MS;
  beforeAll(async () => {
    await emptyTables(bench);
    await addEvents(bench.clickhouse, [
      eventAt(START + 90 * MS, { subject: "a", data: { amount: 2, shop: { id: 1 } } }),
      eventAt(START + 95 * MS, { subject: 'it\'s \\ "b"\t\n[x]', data: { amount: 0.25, shop: { id: 1 } } }),
      eventAt(START + 99 * MS, { subject: "a", data: { amount: 3, shop: { id: 2 } } }),
    ]);
  });
  const ask = (request: Partial<OnlineRequest>) =>
    getFeatures(bench.clickhouse, project, { features: "buyer", entities: ["a"], at, ...request });

  it("has a row for each entity in the order asked, repeated ones too, and 0 and null for one that nothing is known of", async () => {
    const { rows, ...about } = await ask({ entities: ["z", "a", 'it\'s \\ "b"\t\n[x]', "z", "a"] });
    expect(about).toMatchObject({
      features: "buyer",
      at: "2026-01-01T00:00:00.100000Z",
      entity: ["entity"],
      watermark: { S: { epoch: 1 } },
    });
    expect(rows.map(({ entity, count_10ms, sum_20ms, last_20ms }) => [entity, count_10ms, sum_20ms, last_20ms])).toEqual([
      ["z", 0, null, null],
      ["a", 2, 5, 3],
      ['it\'s \\ "b"\t\n[x]', 1, 0.25, 0.25],
      ["z", 0, null, null],
      ["a", 2, 5, 3],
    ]);
  });

  it("is about now if nothing is said, and then nothing lies in a window of months ago", async () => {
    const before = Date.now();
    const { at: told, rows } = await getFeatures(bench.clickhouse, project, { features: "buyer", entities: ["a"] });
    expect(Date.parse(told)).toBeGreaterThanOrEqual(before);
    expect(rows).toMatchObject([{ count_10ms: 0, sum_20ms: null }]);
  });

  it("finds an entity by its parts, in any order and by number or text", async () => {
    const entities: OnlineEntity[] = [
      { buyer: "a", shop: 1 },
      { shop: "2", buyer: "a" },
      { buyer: "a", shop: 12n },
    ];
    const { rows } = await ask({ features: shops, entities });
    expect(rows).toEqual([
      { buyer: "a", shop: "1", n: 1 },
      { buyer: "a", shop: "2", n: 1 },
      { buyer: "a", shop: "12", n: 0 },
    ]);
  });

  it.each(["csv", "arrow", "parquet"] as const)("is the training set of the same labels, to the byte, as %s", async (format) => {
    const entities = ["z", "a", "a"];
    const out = join(bench.folder, `same.${format}`);
    const spine = { rows: entities.map((entity) => ({ entity, time: iso(at) })) };
    await buildTrainingSet(bench.clickhouse, project, { features: "buyer", spine, out, force: true });
    const bytes = await buffer(await getFeaturesFile(bench.clickhouse, project, { features: "buyer", entities, at }, format));
    expect(bytes.equals(await readFile(out))).toBe(true);
  });

  it("holds a thousand entities of long names", async () => {
    const entities = Array.from({ length: 1_000 }, (_, index) => `${"n".repeat(300)}${index}`);
    const { rows } = await ask({ entities: [...entities.slice(1), "a"] });
    expect([rows.length, rows[0]?.["entity"], rows.at(-1)?.["count_10ms"]]).toEqual([1_000, entities[1], 2]);
  });

  it.each<[string, Partial<OnlineRequest>, string]>([
    ["a set that there is not", { features: "byer" }, 'Project "features_test" has no feature set "byer": did you mean "buyer"?'],
    ["no entity", { entities: [] }, 'Whose features? Name at least one entity, e.g. "user-7".'],
    [
      "too many",
      { entities: Array.from({ length: 1_001 }, () => "a") },
      "There are 1,001 entities, and one answer has at most 1,000: ask several times, or build a training set of them.",
    ],
    ["an empty name", { entities: ["a", ""] }, "Entity 2 has an empty entity."],
    [
      "a part by another name",
      { features: shops, entities: [{ byer: "a", shop: 1 }] },
      'Entity 1 has "byer", which is no part of an entity of "shops": did you mean "buyer"?',
    ],
    ["a part too few", { features: shops, entities: [{ buyer: "a" }] }, "Entity 1 has no shop."],
    [
      "one value for several parts",
      { features: shops, entities: ["a"] },
      'Entity 1 is one value, and those of "shops" have the parts buyer, shop: give each by its name.',
    ],
    ["the future", { at: "2199-01-01" }, '"at" is 2199-01-01T00:00:00.000000Z, which is in the future: features are known up to now.'],
  ])("is refused for %s", async (_name, request, sentence) => {
    await expect(ask(request)).rejects.toThrow(new QueryError(sentence));
  });
});
