import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { defineFeatures, latest, type Project } from "../../model/index.ts";
import { randomFrom } from "../../tests/support/random.ts";
import { saveWatermark } from "../saved-watermarks/save-watermark.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import { driftOfFeatures, type DriftAnswer, type DriftRequest } from "./drift-of-features.ts";
import { keepDrift } from "./keep-drift.ts";
import type { FeatureDrift } from "./measure-drift.ts";
import { manifestPath } from "./training-file.ts";
import {
  addEvents,
  emptyTables,
  eventAt,
  iso,
  MS,
  payments,
  project as everything,
  revenue,
  seen,
  START,
  testBench,
  type TestBench,
} from "./training.test-support.ts";

let bench: TestBench;
/** A set of three: what is measured does not depend on how many there are. */
const project = {
  ...everything,
  features: [
    defineFeatures({
      name: "buyer",
      entity: "subject",
      features: {
        count_10ms: { metric: payments, window: "10ms" },
        sum_20ms: { metric: revenue, window: "20ms" },
        page: latest(seen, "page"),
      },
    }),
  ],
};
const DAY = 86_400_000 * MS;

beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

function of({ drift }: DriftAnswer, name: string): FeatureDrift {
  return drift.find(({ feature }) => feature === name)!;
}

describe("features of recent rows", () => {
  const ROWS = 400;
  let manifest: string;

  /** Rows of a day: amounts from 0 to 100 times `scale`, one in ten without. */
  function day(start: number, seed: number, { scale = 1, missing = 0.1 } = {}): ReturnType<typeof eventAt>[] {
    const random = randomFrom(seed);
    return Array.from({ length: ROWS }, (_, n) => {
      const time = start + n * 60_000 * MS;
      const amount = Math.round(random() * 100 * scale);
      return eventAt(time, { subject: `b${n}`, data: random() < missing ? {} : { amount, shop: { id: n % 3 } } });
    });
  }
  const ask = (rest: Partial<DriftRequest> = {}, within: Project = project): Promise<DriftAnswer> =>
    driftOfFeatures(bench.clickhouse, within, { manifest, from: iso(START + 10 * DAY), to: iso(START + 11 * DAY), ...rest });
  /** A row 1 ms after each event: features with windows of milliseconds see it. */
  const spine = { sql: "SELECT subject AS entity, time + INTERVAL 1 MILLISECOND AS time FROM events WHERE type = 'paid'" };

  beforeAll(async () => {
    await emptyTables(bench);
    await addEvents(bench.clickhouse, day(START, 1));
    const out = join(bench.folder, "train.parquet");
    await buildTrainingSet(bench.clickhouse, project, { spine, features: "buyer", out });
    manifest = manifestPath(out);
    await addEvents(bench.clickhouse, [...day(START + 10 * DAY, 2), ...day(START + 20 * DAY, 3, { scale: 2, missing: 0.5 })]);
    await saveWatermark(bench.clickhouse, project, "early");
    await addEvents(bench.clickhouse, [eventAt(START + 30 * DAY, { type: "seen", data: { page: "/" } })]);
  });

  test("of the same distribution are stable", async () => {
    const answer = await ask();
    expect(answer).toMatchObject({ features: "buyer", rows: { before: ROWS, now: ROWS }, spine: "the set's SQL" });
    expect(answer.drift.map(({ feature, verdict }) => [feature, verdict]).filter(([, verdict]) => verdict !== "stable")).toEqual([]);
    expect(of(answer, "sum_20ms").psi).toBeGreaterThan(0);
  });

  test("that moved are found, with their means and shares of nulls", async () => {
    const answer = await ask({ from: iso(START + 20 * DAY), to: iso(START + 21 * DAY) });
    const sum = of(answer, "sum_20ms");
    expect(sum.verdict).toBe("drifted");
    expect(sum.mean.now! / sum.mean.before!).toBeCloseTo(2, 0);
    expect(sum.nullRate.before).toBeCloseTo(0.1, 1);
    expect(sum.nullRate.now).toBeCloseTo(0.5, 1);
    expect(of(answer, "count_10ms")).toMatchObject({ verdict: "stable", psi: 0 });
  });

  test("are chosen by a hash where there are more than asked for, and as many others by another seed", async () => {
    const some = await ask({ sample: 100 });
    expect(some).toMatchObject({ rows: { now: 100 }, chosen: { outOf: ROWS, seed: 1 } });
    expect(await ask({ sample: 100 })).toEqual(some);
    expect((await ask({ sample: 100, seed: 2 })).drift).not.toEqual(some.drift);
  });

  test("may be those of label rows", async () => {
    const labels = { rows: [1, 2, 3].map((n) => ({ entity: `b${n}`, time: iso(START + 10 * DAY + n * 60_000 * MS + MS) })) };
    const answer = await driftOfFeatures(bench.clickhouse, project, { manifest, spine: labels });
    expect(answer).toMatchObject({ rows: { now: 3 }, spine: "the label rows given", from: iso(START + 10 * DAY + 60_000 * MS + MS) });
    await expect(ask({ spine: labels })).rejects.toThrow("Give label rows or a range of time, not both");
  });

  test("are each event of the set where label rows came from a program, and of its type where they were events", async () => {
    const [rows, events] = [join(bench.folder, "rows.csv"), join(bench.folder, "events.csv")];
    const one = { rows: [{ entity: "b1", time: iso(START + DAY) }] };
    await buildTrainingSet(bench.clickhouse, project, { spine: one, features: "buyer", out: rows });
    await buildTrainingSet(bench.clickhouse, project, { spine: { each: "seen" }, features: "buyer", out: events });
    const range = { from: iso(START), to: iso(START + 40 * DAY) };
    expect(await ask({ ...range, manifest: manifestPath(rows) })).toMatchObject({
      spine: "each paid, seen",
      rows: { before: 1, now: 3 * ROWS + 1 },
    });
    expect(await ask({ ...range, manifest: manifestPath(events) })).toMatchObject({ spine: "each seen", rows: { before: 1, now: 1 } });
    await expect(ask({ ...range, manifest: manifestPath(events), asOf: "early" })).rejects.toThrow("there is no row of each seen");
    await expect(ask({ ...range, manifest: manifestPath(events), asOf: "erly" })).rejects.toThrow('did you mean "early"?');
  });

  test("are refused where nothing can be compared", async () => {
    await expect(ask({ from: iso(START + 50 * DAY), to: iso(START + 51 * DAY) })).rejects.toThrow(
      "there is no row of the set's SQL from 2026-02-20T00:00:00.000000Z to 2026-02-21T00:00:00.000000Z",
    );
    const [buyer, ...others] = project.features;
    const changed = {
      ...project,
      features: [{ ...buyer!, features: { count_10ms: buyer!.features["count_10ms"]! } }, ...others],
    } as Project;
    await expect(ask({}, changed)).rejects.toThrow(/^The definition is another one now.*Build the set again\.$/);
    await expect(ask({ sample: 0 })).rejects.toThrow('"sample" must be a whole number');
    const old = join(bench.folder, "old.parquet.manifest.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(
      old,
      text.replace('"formatVersion": 1', '"formatVersion": 0').replace(/"hydrograph": "[^"]*"/, '"hydrograph": "0.0.1"'),
    );
    await expect(ask({ manifest: old })).rejects.toThrow(
      /was written by hydrograph 0\.0\.1, .* build the set again with "hydrograph features build"\.$/,
    );
    await appendFile(old, "x");
    await expect(ask({ manifest: old })).rejects.toThrow("is no manifest of a training set");
  });

  test("are kept for dashboards, a row a feature", async () => {
    const answer = await ask();
    await keepDrift(bench.clickhouse, answer);
    const kept = await bench.clickhouse.rows<Record<string, unknown>>({
      name: "Read",
      sql: "SELECT feature, psi, null_rate, mean, length(bins) AS bins, arraySum(shares) AS all, toString(range_to) AS to FROM feature_drift ORDER BY place",
    });
    expect(kept.map(({ feature, psi }) => [feature, psi])).toEqual(answer.drift.map(({ feature, psi }) => [feature, psi]));
    expect(kept[1]).toMatchObject({ to: "2026-01-12 00:00:00.000000", bins: String(of(answer, "sum_20ms").bins.length) });
  });
});
