import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startClickHouse, startNats } from "../embedded/index.ts";

declare module "vitest" {
  /** What every integration test can ask for with `inject(…)`. */
  export interface ProvidedContext {
    readonly natsUrl: string;
    readonly clickhouseUrl: string;
    /** How many times the random crash test crashes; see vitest.config.ts. */
    readonly crashPoints: number;
    /** Whether every case of a kind is tried, on all the data at hand, or a few on little of it; see vitest.config.ts. */
    readonly thorough: boolean;
  }
}

/** Starts one NATS server and one ClickHouse for all integration tests; each test file takes a database and streams of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), "hydrograph-tests-"));
  const nats = await startNats({ dataDir: join(dataDir, "nats") });
  // Tests ask for little, many at once: a thread for each statement and not one for each core spares a seventh of ClickHouse's time.
  const clickhouse = await startClickHouse({ dataDir: join(dataDir, "clickhouse"), settings: { max_threads: "1" } });
  project.provide("natsUrl", nats.url);
  project.provide("clickhouseUrl", clickhouse.url);
  return async () => {
    await Promise.all([nats.stop(), clickhouse.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
}
