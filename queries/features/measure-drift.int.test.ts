import * as fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { psiOracle } from "../../tests/oracles/psi.ts";
import { featureStatistics } from "./feature-statistics.ts";
import type { Manifest } from "./manifest.ts";
import { measureDrift, type FeatureDrift } from "./measure-drift.ts";
import { withTemporaryTables } from "./temporary-tables.ts";
import { testBench, type TestBench } from "./training.test-support.ts";

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
});
afterAll(() => bench.close());

const number = fc.option(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -1e9, max: 1e9, noNaN: true })), { nil: null });
const text = fc.option(fc.string({ maxLength: 2 }), { nil: null });
const rows = fc.array(fc.tuple(number, text), { minLength: 1, maxLength: 200 });

type Numbers = (number | null)[];
type Texts = (string | null)[];
const DDL = "n Nullable(Float64), t Nullable(String)";

/** Shares of bins add up to all rows, on both sides. */
function checkShares(drift: FeatureDrift | undefined): void {
  for (const side of ["before", "now"] as const) expect((drift?.bins ?? []).reduce((all, bin) => all + bin[side], 0)).toBeCloseTo(1, 9);
}

async function fill(table: string, values: readonly (readonly [number | null, string | null])[]): Promise<void> {
  await bench.clickhouse.insert({
    table,
    columns: ["n", "t"],
    format: "JSONEachRow",
    body: Buffer.from(values.map(([n, t]) => JSON.stringify({ n, t })).join("\n")),
    token: table,
  });
}

async function describeColumns(table: string, values: readonly (readonly [number | null, string | null])[]): Promise<Manifest["columns"]> {
  const columns = [
    { column: "n", type: "Nullable(Float64)" },
    { column: "t", type: "Nullable(String)" },
  ];
  const statistics = await featureStatistics(bench.clickhouse, table, columns, values.length);
  return columns.map(({ column, type }, place) => {
    const own = statistics.get(column);
    if (!own) throw new Error("Not measured.");
    const words = { unit: null, missing: null, definition: "", description: null };
    return {
      name: column,
      type,
      role: "feature" as const,
      nulls: values.filter((row) => row[place] === null).length,
      ...words,
      statistics: own,
    };
  });
}

test("drift is the oracle's for random values, over bins that the training set froze", async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, async (then, now) => {
      await withTemporaryTables(bench.clickhouse, async (tables) => {
        const [before, after] = [await tables.create("then", DDL), await tables.create("now", DDL)];
        await fill(before, then);
        await fill(after, now);
        const columns = await describeColumns(before, then);
        const [numbers, texts] = await measureDrift(bench.clickhouse, after, (name) => name, { columns, rows: then.length });
        const frozen = columns.flatMap((column) =>
          column.role === "feature" && column.statistics.kind === "number" ? [column.statistics] : [],
        )[0]!;
        const known = columns.flatMap((column) =>
          column.role === "feature" && column.statistics.kind === "text" ? column.statistics.texts.map((each) => each.text) : [],
        );
        const binOf = (value: number): string => {
          if (frozen.min !== null && value < frozen.min) return "below";
          if (frozen.max !== null && value > frozen.max) return "above";
          return String(frozen.edges.filter((edge) => value > edge).length);
        };
        const [was, is] = [then, now].map((list) => list.map(([value]) => value)) as [Numbers, Numbers];
        expect(numbers?.psi).toBeCloseTo(psiOracle(was, is, binOf), 9);
        const [spoke, speaks] = [then, now].map((list) => list.map(([, value]) => value)) as [Texts, Texts];
        expect(texts?.psi).toBeCloseTo(
          psiOracle(spoke, speaks, (value) => (known.includes(value) ? `= ${value}` : "others")),
          9,
        );
        for (const drift of [numbers, texts]) checkShares(drift);
        expect(numbers?.nullRate.now).toBeCloseTo(is.filter((value) => value === null).length / is.length, 12);
      });
    }),
    { numRuns: Number(process.env["FEATURE_RUNS"] ?? 4), endOnFailure: true },
  );
});
