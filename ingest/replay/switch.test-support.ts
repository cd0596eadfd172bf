import { inject } from "vitest";
import { connectClickHouse, type ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { createIngestMetrics, runIngest } from "../index.ts";
import type { TestPipeline } from "../ingest.test-support.ts";
import { createReplayDatabase } from "./replay-database.ts";
import { switchDatabases } from "./switch-databases.ts";

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
  /** Ingests into it all that the streams hold, or these parts. */
  catchUp(ranges?: ReadonlyMap<string, { first: number; last: number }>): Promise<void>;
  /** Lets the two databases change places. */
  switchOver(how?: Switching): Promise<{ readonly tables: number }>;
  close(): Promise<void>;
}

const silent = (): void => undefined;

/** Says nothing. */
export const SILENT_LOGGER = { debug: silent, info: silent, warn: silent, error: silent };

/** Makes such a database. */
export async function nextDatabase({ clickhouse, jetstream, project }: TestPipeline): Promise<NextDatabase> {
  const into = connectClickHouse({ url: inject("clickhouseUrl"), database: `${project.name}_next` });
  await createReplayDatabase(into, project, jetstream);
  await applyPlan(await migrationPlan(project, into), into);
  const { signal } = new AbortController();
  const metrics = createIngestMetrics();
  const catchUp: NextDatabase["catchUp"] = (ranges = new Map()) =>
    runIngest({
      project,
      jetstream,
      clickhouse: into,
      worker: "replay",
      logger: SILENT_LOGGER,
      metrics,
      signal,
      until: "caught-up",
      ranges,
    });
  return {
    into,
    catchUp,
    switchOver: ({ force = false, jetstream: through = jetstream, live = clickhouse, other = into } = {}) =>
      switchDatabases({ project, jetstream: through, live, into: other, catchUp: () => catchUp(), force, signal, onStep: silent }),
    close: async () => {
      await into.command({ name: "Drop", sql: `DROP DATABASE ${into.database}` });
      await into.close();
    },
  };
}
