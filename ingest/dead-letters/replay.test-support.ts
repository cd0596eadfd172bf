import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { rollupTable, type BinaryInsert, type ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { count, defineEvent, defineMetric, type CloudEvent, type Project, type ProjectOptions } from "../../model/index.ts";
import { replayDeadLetters, verify, type DeadLetterFilter, type ReplayReport } from "../index.ts";
import { someEvents, testPipeline, type TestPipeline } from "../ingest.test-support.ts";

const strict = defineEvent({ type: "thing.happened", data: z.object({ n: z.int() }) });
const lenient = defineEvent({ type: "thing.happened", data: z.object({ n: z.union([z.int(), z.string()]) }) });
/** Takes what `lenient` takes, and has another fingerprint. */
const laxer = defineEvent({ type: "thing.happened", data: z.object({ n: z.union([z.int(), z.string(), z.boolean()]) }) });
const things = defineMetric({ name: "things", event: strict, measure: count() });

/** The rollup of the pipelines below: the count of all events. */
export const ROLLUP = rollupTable(things);

/** A pipeline whose schema refuses some of the events, and the configs that are deployed later. */
export interface ReplayPipeline extends TestPipeline {
  /** Takes what the first config refuses for its schema. */
  readonly mended: Project;
  /** Takes the same, and has another fingerprint. */
  readonly other: Project;
  replay(
    how?: Partial<{ project: Project; filter: DeadLetterFilter; through: Servers; worker: string; dryRun: boolean }>,
  ): Promise<ReplayReport>;
}

/** What a process speaks to. */
export interface Servers {
  readonly clickhouse: ClickHouse;
  readonly jetstream: JetStream;
}

/** Makes such a pipeline. */
export async function replayPipeline(options: Partial<ProjectOptions> = {}): Promise<ReplayPipeline> {
  const pipeline = await testPipeline({ events: [strict], metrics: [things], ...options });
  const mended = { ...pipeline.project, events: [lenient] };
  return {
    ...pipeline,
    mended,
    other: { ...pipeline.project, events: [laxer] },
    replay: ({ dryRun = false, filter = {}, project = mended, through = pipeline, worker = "tester" } = {}) => {
      const { clickhouse, jetstream } = through;
      return replayDeadLetters({ project, clickhouse, jetstream, filter, worker, dryRun, signal: new AbortController().signal });
    },
  };
}

/** Events that the first config refuses, as `n` is no number. */
export function refusedEvents(from: number, to: number): CloudEvent[] {
  return someEvents(from, to).map((event) => ({ ...event, data: { n: String(from) } }));
}

/** Between which two steps of a replay its process dies. */
export type Crash =
  | { readonly at: "declare" | "insert" | "close"; readonly when: "before" | "after" }
  | { readonly at: "allow"; readonly when: "before" | "after" };

/** Every step, before and after. */
export const CRASHES: readonly Crash[] = (["declare", "allow", "insert", "close"] as const).flatMap((at) =>
  (["before", "after"] as const).map((when) => ({ at, when })),
);

/** The servers as a process sees them that dies at a step: from then on nothing of it reaches them, and it releases nothing. */
export function dyingAt({ clickhouse, jetstream }: Servers, crash: Crash): Servers {
  let dead = false;
  const step = async <Result>(isStep: boolean, work: () => Promise<Result>): Promise<Result> => {
    if (isStep && crash.when === "before") dead = true;
    if (dead) throw new Error("The process is dead.");
    const result = await work();
    if (isStep) dead = true;
    if (dead) throw new Error("The process is dead.");
    return result;
  };
  return {
    clickhouse: { ...clickhouse, insert: (insert) => step(stepOf(insert) === crash.at, () => clickhouse.insert(insert)) },
    jetstream: {
      ...jetstream,
      lanes: async (project, replicas) => {
        const lanes = await jetstream.lanes(project, replicas);
        return {
          ...lanes,
          replace: (lane, value, revision) =>
            step(crash.at === "allow" && value.intent !== undefined, () => lanes.replace(lane, value, revision)),
        };
      },
    },
  };
}

/** Which step of a replay an insert is. */
export function stepOf({ table, token }: BinaryInsert): "declare" | "insert" | "close" | undefined {
  if (table === "events") return "insert";
  return token.endsWith("/declared") ? "declare" : token.endsWith("/closed") ? "close" : undefined;
}

/** Everything that is wrong after replays: books that do not balance, or another number of events, in the table or in the rollup behind it. */
export async function problemsAfter(pipeline: TestPipeline, events: number): Promise<string[]> {
  const report = await verify({ clickhouse: pipeline.clickhouse });
  const problems = report.lanes.flatMap((lane) => lane.problems);
  for (const [what, sql] of [
    ["rows", "SELECT count() FROM events"],
    ["distinct rows", "SELECT uniqExact(stream, epoch, seq, idx) FROM events"],
    ["events in the rollup", `SELECT sum(count) FROM ${ROLLUP.name}`],
  ] as const) {
    const found = Number(await pipeline.value(sql));
    if (found !== events) problems.push(`${found} ${what} instead of ${events}`);
  }
  return problems;
}

/** Waits until a question is answered with yes. */
export async function until(question: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (await question()) return;
    await sleep(50);
  }
  throw new Error("It never came true.");
}
