import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../../cli/config/load-config.ts";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { connectJetStream } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { databaseOf } from "../support/books.ts";
import { startNode, type Running } from "../support/cli.ts";
import { projectWith, ROOT, uniqueName, type Addresses, type UserProject } from "../support/user-project.ts";
import { paid, single } from "./messages.ts";
import { Publisher } from "./publisher.ts";
import { violations } from "./violations.ts";

/** How a project under faults differs from the usual one. */
export interface FaultProjectOptions {
  /** Lanes. Default 1. */
  readonly streams?: number;
  /** Limits in the config's own words, e.g. 'batchRows: 50, lease: "1s"'. */
  readonly limits?: string;
}

/** A project with tables and streams, a publisher that remembers, and workers that are processes. */
export interface FaultProject {
  readonly user: UserProject;
  readonly declared: Project;
  readonly streams: readonly string[];
  readonly stream: string;
  readonly publisher: Publisher;
  readonly clickhouse: ClickHouse;
  /** Starts `hydrograph ingest`; either address may be a proxy's. */
  worker(through?: Partial<Addresses>): Running;
  /** Starts the same worker without the command around it: a third of the processor time to start, for tests that start hundreds. */
  bareWorker(through?: Partial<Addresses>): Running;
  /** Publishes one more event to each stream and waits until they are in `events`: whatever happened before, ingest is alive. */
  freshArrives(): Promise<void>;
  /** Everything that breaks the promises, a sentence each; none = kept. */
  violations(): Promise<string[]>;
  close(): Promise<void>;
}

/** Two metrics: a batch that reaches the table and not all views behind it shows. */
function configOf(name: string, streams: readonly string[], limits: string): string {
  const list = streams.map((stream) => `{ name: "${stream}", subjects: ["${stream.toLowerCase()}.>"], duplicateWindow: "1h" }`);
  return `import { count, defineEvent, defineMetric, defineProject, sum } from "hydrograph";
import { z } from "zod";
const paid = defineEvent({ type: "paid", data: z.object({ shop: z.string(), amount: z.number(), note: z.string() }) });
const payments = defineMetric({ name: "payments", event: paid, measure: count(), dimensions: ["shop"] });
const revenue = defineMetric({ name: "revenue", event: paid, measure: sum("amount"), dimensions: ["shop"] });
export default defineProject({
  name: "${name}",
  streams: [${list.join(", ")}],
  events: [paid],
  metrics: [payments, revenue],
  limits: { ${limits} },
});
`;
}

/** Runs ingest for the config beside it. */
const BARE_WORKER = join(ROOT, "tests/faults/bare-worker.mjs");

/** Makes the project, its streams and its tables. Small batches and a short lease unless said otherwise: many points to fail at, and short waits. */
export async function faultProject(addresses: Addresses, options: FaultProjectOptions = {}): Promise<FaultProject> {
  const name = uniqueName("faults");
  const streams = Array.from({ length: options.streams ?? 1 }, (_, index) => name.toUpperCase() + (index === 0 ? "" : `_${index + 1}`));
  const config = configOf(name, streams, options.limits ?? 'batchRows: 60, batchAge: "100ms", lease: "1s"');
  const user = await projectWith(name, config, addresses);
  // Plain JavaScript, which Node imports as it is.
  const bareConfig = join(user.folder, "bare.config.mjs");
  await writeFile(bareConfig, config);
  const { project: declared } = await loadConfig(join(user.folder, "hydrograph.config.ts"));
  const clickhouse = databaseOf(user, addresses);
  await applyPlan(await migrationPlan(declared, clickhouse), clickhouse);
  await makeStreams(declared, addresses);
  const publisher = await Publisher.connect(addresses.natsUrl);
  let fresh = 0;
  const project: FaultProject = {
    user,
    declared,
    streams,
    stream: user.stream,
    publisher,
    clickhouse,
    worker: (through) => {
      const { clickhouseUrl, natsUrl } = { ...addresses, ...through };
      return user.start(["ingest", "--nats", natsUrl, "--clickhouse", clickhouseUrl]);
    },
    bareWorker: (through) => {
      const { clickhouseUrl, natsUrl } = { ...addresses, ...through };
      return startNode([BARE_WORKER, bareConfig, natsUrl, clickhouseUrl], { cwd: user.folder });
    },
    freshArrives: async () => {
      fresh += 1;
      for (const stream of streams) await publisher.publish(stream, [single({ ...paid(fresh), id: `fresh-${fresh}-${stream}` })]);
      const arrived = async (): Promise<boolean> => (await count(clickhouse, `id LIKE 'fresh-${fresh}-%'`)) >= streams.length;
      await eventually(`the ${fresh}th fresh event is in events`, arrived).catch(async (error: unknown) => {
        const sql = "SELECT stream, max(last) AS committed, max(inserted_at) AS at FROM ingest_ledger GROUP BY stream ORDER BY stream";
        const lanes = await clickhouse.rows({ name: "Ledger ends", sql });
        throw new Error(`The ledger of ${streams.join()} says at ${new Date().toISOString()}: ${JSON.stringify(lanes)}`, { cause: error });
      });
    },
    violations: () => violations(project),
    close: async () => {
      await publisher.close();
      await clickhouse.command({ name: "Drop the test database", sql: `DROP DATABASE IF EXISTS ${name}` });
      await clickhouse.close();
      await user.remove();
    },
  };
  return project;
}

/** Makes the streams of a project, as `hydrograph migrate` does. */
export async function makeStreams({ streams }: Project, { natsUrl }: Addresses): Promise<void> {
  const jetstream = await connectJetStream({ url: natsUrl });
  await jetstream.ensureStreams(streams);
  await jetstream.close();
}

/** Rows of `events` that a condition of ours holds for. */
export async function count(clickhouse: ClickHouse, condition = "true"): Promise<number> {
  const [row] = await clickhouse.rows<{ rows: string }>({ name: "Count", sql: `SELECT count() AS rows FROM events WHERE ${condition}` });
  return Number(row?.rows);
}

/** Waits until a question is answered with yes: two minutes at most, as others may use the machine. */
export async function eventually(what: string, question: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 120_000; performance.now() < deadline;) {
    if (await question()) return;
    await sleep(50);
  }
  throw new Error(`It never came true within two minutes that ${what}.`);
}

/** The most memory that a process has held, in bytes (VmHWM of /proc). */
export async function peakMemory({ pid }: Running): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

/** Asks a worker to stop and waits until it has drained. @returns its exit code, the most memory it held, and all it said */
export async function stopWorker(worker: Running): Promise<{ code: number | null; peak: number; said: string }> {
  const peak = await peakMemory(worker);
  worker.child.kill("SIGTERM");
  const { code, stderr, stdout } = await worker.finished;
  return { code, peak, said: stdout + stderr };
}
