import { afterEach, beforeEach, expect } from "vitest";
import { z } from "zod";
import { rollupTable } from "../../clickhouse/index.ts";
import { testPipeline, type TestPipeline } from "../../ingest/ingest.test-support.ts";
import { atEachGrain, count, defineEvent, defineMetric, last, quantiles, sum, uniq, type Metric, type Project } from "../../model/index.ts";
import { trend } from "../../queries/index.ts";
import { applyPlan, migrationPlan, rebuildRollup, type RebuildOptions, type RebuildOutcome } from "../index.ts";

export const thing = defineEvent({ type: "thing.happened", data: z.object({ n: z.int() }) });
export const things = defineMetric({ name: "things", event: thing, measure: count(), dimensions: ["subject"] });
export const total = defineMetric({ name: "total", event: thing, measure: sum("n"), coarser: ["1 hour"] });
export const subjects = defineMetric({
  name: "subjects",
  event: thing,
  measure: uniq("subject", { exact: true }),
  coarser: ["5 minutes", "1 hour"],
});
const latest = defineMetric({ name: "latest", event: thing, measure: last("n"), grain: "1 hour" });
const spread = defineMetric({ name: "spread", event: thing, measure: quantiles("n", [0.5, 0.9]) });
export const metrics = [things, total, subjects, latest, spread];
const FROM = new Date("2026-09-20T00:00:00Z");
const TO = new Date("2026-09-25T00:00:00Z");
export interface Answer {
  readonly kind: string;
  /** The coarsest table that is read. */
  readonly table: string;
  readonly rows: unknown[];
  readonly whole: number;
  /** Events that the answer's watermark promises to be in it. */
  readonly covered: number;
}

/** A pipeline without metrics, and what its rebuilds are tried with. */
export interface RebuildBench {
  readonly pipeline: TestPipeline;
  /** The pipeline's project with the metrics. */
  readonly project: () => Project;
  readonly migrate: () => Promise<void>;
  /** Rebuilds one rollup: of a metric as it is declared, the finest. */
  readonly rebuild: (metric: Metric, options?: Partial<RebuildOptions>) => Promise<RebuildOutcome>;
  /** Rebuilds all rollups of a metric, one after the other as the command does. */
  readonly rebuildEach: (metric: Metric, options?: Partial<RebuildOptions>) => Promise<void>;
  readonly answer: (metric: string, source: "auto" | "raw", grain?: string) => Promise<Answer>;
  /** Every metric from each of its rollups is what the raw events say: asked by the rollup's own grain, which cuts the rows of all coarser ones. */
  readonly expectEqual: (of?: readonly Metric[]) => Promise<void>;
}

async function openBench(): Promise<RebuildBench> {
  const pipeline = await testPipeline({ events: [thing] });
  const { clickhouse, jetstream, stream } = pipeline;
  const project = (): Project => ({ ...pipeline.project, metrics });
  const rebuild: RebuildBench["rebuild"] = (metric, options = {}) =>
    rebuildRollup({
      metric,
      clickhouse,
      workers: { project: project(), jetstream },
      worker: "test",
      eventsARange: 250,
      signal: new AbortController().signal,
      onStep: () => undefined,
      onProgress: () => undefined,
      ...options,
    });
  const answer: RebuildBench["answer"] = async (metric, source, grain = "day") => {
    const { rows, sources, watermark } = await trend(clickhouse, project(), { metric, from: FROM, to: TO, grain, source });
    return {
      kind: sources[0]?.kind ?? "",
      table: sources[0]?.table ?? "",
      rows: rows.map(({ values }) => values),
      whole: rows.reduce((all, { values }) => all + Number(values["value"]), 0),
      covered: watermark[stream]?.seq ?? 0,
    };
  };
  return {
    pipeline,
    project,
    rebuild,
    answer,
    migrate: async () => {
      await applyPlan(await migrationPlan(project(), clickhouse), clickhouse, { workers: { project: project(), jetstream } });
    },
    rebuildEach: async (metric, options = {}) => {
      for (const each of atEachGrain(metric)) await rebuild(each, options);
    },
    expectEqual: async (of = metrics) => {
      for (const metric of of.flatMap(atEachGrain)) {
        const { grain, name } = metric;
        const [auto, raw] = [await answer(name, "auto", grain), await answer(name, "raw", grain)];
        expect([name, auto.kind, auto.table, auto.rows]).toEqual([name, "rollup", rollupTable(metric).name, raw.rows]);
      }
    },
  };
}

/** Opens a bench before each test of the file, and closes it after. */
export function rebuildBenches(): () => RebuildBench {
  let bench: RebuildBench | undefined;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(async () => {
    await bench?.pipeline.close();
  });
  return () => {
    if (!bench) throw new Error("There is a bench in a test only.");
    return bench;
  };
}
