import * as fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { checkProject, entityColumns } from "../../model/index.ts";
import { oracleFeatures } from "../../tests/oracles/features.ts";
import { randomEvents, randomFeatures, randomSpine, randomWatermark } from "./random-features.test-support.ts";
import { addEvents, build, emptyTables, iso, project, testBench, type TestBench } from "./training.test-support.ts";

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

/** Cases for each plan: more with FEATURE_RUNS. */
const numRuns = Number(process.env["FEATURE_RUNS"] ?? 10);

/** A definition, with the events, label rows and watermark that it is computed of. */
const cases = randomFeatures.chain((set) =>
  fc.record({ set: fc.constant(set), events: randomEvents, spine: randomSpine(set), asOf: randomWatermark }),
);

test.each(["join", "tiles"] as const)(
  "by the plan %s every value is the oracle's, for random definitions, events, label rows and watermarks",
  async (plan) => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ asOf, events, set, spine }) => {
        expect(checkProject({ ...project, features: [set] })).toEqual([]);
        await emptyTables(bench);
        await addEvents(bench.clickhouse, events);
        const rows = await build(bench, {
          features: set,
          plan,
          spine: { rows: spine.map(({ entity, time }) => ({ ...(typeof entity === "string" ? { entity } : entity), time: iso(time) })) },
          ...(asOf ? { asOf } : {}),
        });
        const keys = new Set(["time", ...entityColumns(set).map(({ name }) => name)]);
        const values = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !keys.has(name))));
        expect(values).toEqual(oracleFeatures(events, set, spine, asOf));
        compared += values.length * Object.keys(values[0] ?? {}).length;
      }),
      { numRuns, endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(numRuns * 30);
    if (process.env["FEATURE_RUNS"] !== undefined) process.stdout.write(`${plan}: ${numRuns} cases, ${compared} values compared\n`);
  },
  7_200_000,
);
