import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { z } from "zod";
import { connectClickHouse, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { count, defineEvent, defineMetric } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { createIngestMetrics, runIngest, verify, type Logger, type SequenceRange } from "../index.ts";
import { testPipeline, type TestPipeline } from "../ingest.test-support.ts";
import { createReplayDatabase } from "./replay-database.ts";
import { switchDatabases } from "./switch-databases.ts";

const happened = defineEvent({ type: "thing.happened", data: z.object({ n: z.number() }) });
const things = defineMetric({ name: "things", event: happened, measure: count() });

/** The rollup of {@link switchPipeline}: the count of all events. */
export const ROLLUP = rollupTable(things);

/** Does nothing. */
export const silent = (): void => undefined;
/** Says nothing. */
export const silentLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent };

/** What a switch works with, where that is not the pipeline's own. */
export interface Switching {
  readonly live?: ClickHouse;
  readonly other?: ClickHouse;
  readonly jetstream?: JetStream;
  readonly force?: boolean;
}

/** A database beside the live one of a pipeline, as a replay makes it. */
export interface NextDatabase {
  readonly into: ClickHouse;
  /** Replays into it all that is stored, or these parts. */
  catchUp(ranges?: ReadonlyMap<string, SequenceRange>): Promise<void>;
  /** Lets the two change places, through servers that are not quite the pipeline's own, if given. */
  switchOver(through?: Switching): ReturnType<typeof switchDatabases>;
  close(): Promise<void>;
}

/** Makes such a database, migrated. */
export async function nextDatabase({ clickhouse, jetstream, project }: TestPipeline): Promise<NextDatabase> {
  const into = connectClickHouse({ url: inject("clickhouseUrl"), database: `${project.name}_next` });
  await createReplayDatabase(into, project, jetstream);
  await applyPlan(await migrationPlan(project, into), into);
  const { signal } = new AbortController();
  const catchUp: NextDatabase["catchUp"] = async (ranges = new Map()) => {
    const metrics = createIngestMetrics();
    const common = { project, jetstream, clickhouse: into, worker: "replay", logger: silentLogger, metrics, signal, ranges };
    await runIngest({ ...common, until: "caught-up" });
  };
  return {
    into,
    catchUp,
    switchOver: async ({ force = false, jetstream: through = jetstream, live = clickhouse, other = into } = {}) =>
      switchDatabases({ project, jetstream: through, live, into: other, catchUp: () => catchUp(), force, signal, onStep: silent }),
    close: async () => {
      await into.command({ name: "Drop", sql: `DROP DATABASE ${into.database}` });
      await into.close();
    },
  };
}

/** A pipeline with a second database. */
export interface SwitchPipeline extends TestPipeline, NextDatabase {
  /** What a database says of itself: its proof, its events, and its rollup. */
  books(clickhouse: ClickHouse): Promise<unknown>;
}

/** Makes such a pipeline; both databases are migrated. */
export async function switchPipeline(): Promise<SwitchPipeline> {
  const pipeline = await testPipeline({ events: [happened], metrics: [things] });
  const next = await nextDatabase(pipeline);
  const { jetstream, project } = pipeline;
  return {
    ...pipeline,
    ...next,
    books: async (clickhouse) => {
      const report = await verify({ clickhouse, project, jetstream });
      const [counts] = await clickhouse.rows({
        name: "Counts",
        sql: `SELECT count() AS events, uniqExact(id) AS ids, (SELECT sum(${ROLLUP.measure.states[0]?.name}) FROM ${ROLLUP.name}) AS rollup FROM events`,
      });
      return { problems: report.lanes.flatMap(({ problems }) => problems), ...(counts as object) };
    },
    close: async () => {
      await next.close();
      await pipeline.close();
    },
  };
}

/** Waits until a question is answered with yes. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    if (await question()) return;
    await sleep(50);
  }
  throw new Error("It never came true within a minute.");
}
