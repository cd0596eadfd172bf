import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ageOf, difference, latest, over, type FeatureSet } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { featureParity, type OnlinePath, type ParityRequest } from "./feature-parity.ts";
import { getFeatures } from "./get-features.ts";
import {
  addEvents,
  emptyTables,
  eventAt,
  MS,
  payments,
  project as base,
  revenue,
  seen,
  START,
  testBench,
  type TestBench,
} from "./training.test-support.ts";

const project = { ...base, streams: [{ name: "S", subjects: ["s.>"] }] };
const set: FeatureSet = {
  name: "buyer",
  entity: "subject",
  features: {
    n: over(payments, { window: ["10ms", "30ms"], delay: "1ms" }),
    spend: over(revenue, { window: "20ms" }),
    gap: ageOf(seen),
    page: latest(seen, "page"),
    more: difference("n_30ms", "n_10ms"),
  },
};
const SUBJECTS = ["a", "b", "c"];
/** Events a millisecond apart, known half a millisecond later, but every fifth only after ten. Samples are drawn by ids: these do not depend on what ran before. */
const events = Array.from({ length: 90 }, (_, index) => {
  const time = START + index * MS;
  const known_at = time + (index % 5 === 0 ? 10 * MS : 500);
  const what = index % 3 === 0 ? { type: "seen", data: { page: `p${index}` } } : { type: "paid", data: { amount: index } };
  return eventAt(time, { id: `e${index}`, ...what, known_at, subject: SUBJECTS[(index % 7) % 3] ?? "a" });
});

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

const compare = (request: Partial<ParityRequest> = {}) =>
  featureParity(bench.clickhouse, project, { features: set, from: START, to: START + 150 * MS, sample: 16, ...request });

describe("parity", () => {
  beforeAll(async () => {
    await emptyTables(bench);
    await addEvents(bench.clickhouse, events, "stored as known");
  });

  it("finds online what is trained, for entities and moments that the seed draws", async () => {
    const report = await compare();
    expect(report).toMatchObject({ ok: true, features: "buyer", seed: 0, moments: 4, differences: [] });
    expect(report.pairs).toBeGreaterThan(7);
    expect(report.byFeature.map(({ feature, match, mismatch, missing }) => [feature, match, mismatch, missing])).toEqual(
      ["n_10ms", "n_30ms", "spend", "gap", "page", "more"].map((feature) => [feature, report.pairs, 0, 0]),
    );
    expect(await compare()).toEqual(report);
  });

  it("tells where another rule is served, by entity and moment, with both values", async () => {
    const served: FeatureSet = { ...set, features: { ...set.features, spend: over(revenue, { window: "40ms" }) } };
    const report = await compare({ online: serving(served) });
    expect(report.ok).toBe(false);
    const [first] = report.differences;
    expect(report.byFeature.filter(({ mismatch }) => mismatch > 0).map(({ feature }) => feature)).toEqual(["spend"]);
    expect(first).toMatchObject({ feature: "spend", kind: "mismatch" });
    const whole = await getFeatures(bench.clickhouse, project, { features: set, entities: [first?.entity ?? {}], at: first?.at ?? "" });
    expect([first?.training, first?.online === first?.training]).toEqual([whole.rows[0]?.["spend"], false]);
    expect(report.byFeature.find(({ feature }) => feature === "spend")?.missing).toBe(0);
  });

  it.each<[string, (row: Readonly<Record<string, string | number | null>>) => Readonly<Record<string, string | number | null>>]>([
    ["reads 0 for null", (row) => ({ ...row, gap: row["gap"] ?? 0, spend: row["spend"] ?? 0 })],
    ["answers nothing", () => ({})],
  ])("tells if whoever serves %s", async (_name, change) => {
    const online: OnlinePath = async (asked) => (await serving(set)(asked)).map(change);
    const { differences, ok } = await compare({ online });
    expect([ok, differences[0]?.kind]).toEqual([false, "mismatch"]);
  });
});

describe("an import of history", () => {
  it("is missing at moments before it was stored, and no mismatch", async () => {
    await emptyTables(bench);
    await addEvents(bench.clickhouse, events, START + 365 * 86_400_000 * MS);
    const report = await compare();
    const missing = report.byFeature.reduce((all, each) => all + each.missing, 0);
    expect([report.ok, missing > 5, report.differences[0]?.kind]).toEqual([true, true, "missing"]);
    expect(report.byFeature.every(({ match, missing: lacking }) => match + lacking === report.pairs)).toBe(true);
  });
});

describe("what is refused", () => {
  it.each<[string, Partial<ParityRequest>, string]>([
    ["an empty sample", { sample: 0 }, '"sample" must be a whole number from 1 to 10,000, not 0.'],
    ["a seed that is no number", { seed: -1 }, '"seed" must be a whole number from 0 to 9,007,199,254,740,991, not -1.'],
    ["a set that there is not", { features: "byer" }, 'Project "features_test" has no feature set "byer": did you mean "buyer"?'],
    [
      "a range without events",
      { from: "2020-01-01", to: "2020-01-02" },
      'No event that "buyer" counts happened from 2020-01-01T00:00:00.000000Z to 2020-01-02T00:00:00.000000Z: look further back.',
    ],
    [
      "a range of the future",
      { from: "2199-01-01", to: "2199-01-02" },
      /^"from" must lie before "to", and in the past: 2199-01-01T00:00:00.000000Z does not lie before 20/.source,
    ],
  ])("%s", async (_name, request, sentence) => {
    const refused = compare(request);
    await expect(refused).rejects.toThrow(QueryError);
    await expect(refused).rejects.toThrow(sentence.startsWith("^") ? new RegExp(sentence) : sentence);
  });
});

/** Serves a set of another definition under the names of the first. */
function serving(other: FeatureSet): OnlinePath {
  return async ({ asOf, at, entities }) => (await getFeatures(bench.clickhouse, project, { features: other, entities, at, asOf })).rows;
}
