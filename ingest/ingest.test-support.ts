import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { connectClickHouse, type ClickHouse } from "../clickhouse/index.ts";
import { connectJetStream, eventMessage, type JetStream } from "../jetstream/index.ts";
import { defineProject, type CloudEvent, type Project, type ProjectOptions } from "../model/index.ts";
import { applyPlan, migrationPlan } from "../transforms/index.ts";
import { createIngestMetrics, runIngest, verify, type Logger } from "./index.ts";

/** A project of its own on the shared servers: stream, bucket and database have a unique name. */
export interface TestPipeline {
  readonly project: Project;
  readonly stream: string;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  readonly log: string[];
  publish(events: readonly CloudEvent[]): Promise<void>;
  /** Publishes bytes as they are. */
  publishRaw(payloads: readonly (string | Uint8Array)[]): Promise<void>;
  /** Runs a worker until all that is stored now is committed; with parts of the project changed, if given. */
  ingest(changes?: Partial<Project>): Promise<void>;
  /** Runs a worker that dies when it is about to insert into a table: nothing is released, nothing tidied up. */
  ingestUntilInsertInto(table: string): Promise<void>;
  /** Starts a worker (on a ClickHouse that is not quite the pipeline's own, if given); stop it through the controller, then await `done`. */
  start(worker: string, through?: ClickHouse): { readonly stop: AbortController; readonly done: Promise<void> };
  /** The one value of a query. */
  value(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Makes a pipeline; small batches unless said otherwise, so that a few hundred events are several of them. */
export async function testPipeline(options: Partial<ProjectOptions> = {}): Promise<TestPipeline> {
  const name = `t${randomBytes(5).toString("hex")}`;
  const stream = name.toUpperCase();
  const project = defineProject({
    name,
    streams: [{ name: stream, subjects: [`${name}.>`] }],
    events: [],
    ...options,
    limits: { batchRows: 100, batchAge: "200ms", lease: "1s", ...options.limits },
  });
  const jetstream = await connectJetStream({ url: inject("natsUrl") });
  const clickhouse = connectClickHouse({ url: inject("clickhouseUrl"), database: name });
  await jetstream.ensureStreams(project.streams);
  await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
  const log: string[] = [];
  const say = (_fields: object, message: string): number => log.push(message);
  const logger: Logger = { debug: say, info: say, warn: say, error: say };
  const run = (
    worker: string,
    signal: AbortSignal,
    until?: "caught-up",
    through = clickhouse,
    changes: Partial<Project> = {},
  ): Promise<void> =>
    runIngest({
      project: { ...project, ...changes },
      jetstream,
      clickhouse: through,
      worker,
      logger,
      metrics: createIngestMetrics(),
      signal,
      ...(until ? { until } : {}),
    });
  return {
    project,
    stream,
    jetstream,
    clickhouse,
    log,
    publish: async (events) => {
      await jetstream.publish(events.map((event) => eventMessage(project, event)));
    },
    publishRaw: async (payloads) => {
      await jetstream.publish(payloads.map((payload) => ({ subject: `${name}.raw`, payload: Buffer.from(payload) })));
    },
    ingest: (changes) => run("once", new AbortController().signal, "caught-up", clickhouse, changes),
    ingestUntilInsertInto: async (table) => {
      const stop = new AbortController();
      const dying: ClickHouse = {
        ...clickhouse,
        insert: async (insert) => {
          if (insert.table !== table) return clickhouse.insert(insert);
          stop.abort();
          throw new Error("The worker is dead.");
        },
      };
      await run("dying", stop.signal, "caught-up", dying);
    },
    start: (worker, through) => {
      const stop = new AbortController();
      return { stop, done: run(worker, stop.signal, undefined, through) };
    },
    value: async (sql) => {
      const [row] = await clickhouse.rows<Record<string, unknown>>({ name: "Test", sql });
      return Object.values(row ?? {})[0];
    },
    close: async () => {
      await clickhouse.command({ name: "Drop the test database", sql: `DROP DATABASE IF EXISTS ${name}` });
      await clickhouse.close();
      await jetstream.close();
    },
  };
}

/** Events `from` to `to` (not included), each with an id of its own. */
export function someEvents(from: number, to: number): CloudEvent[] {
  return Array.from({ length: to - from }, (_, offset) => ({
    specversion: "1.0",
    id: `e${from + offset}`,
    source: "test",
    type: "thing.happened",
    subject: `s${(from + offset) % 7}`,
    time: new Date(1_790_000_000_000 + (from + offset) * 1_000).toISOString(),
    data: { n: from + offset },
  }));
}

/** What must hold after every test: the ledger balances, and there are exactly `events` events, each once. */
export async function expectExactly(pipeline: TestPipeline, events: number): Promise<string[]> {
  const report = await verify({ clickhouse: pipeline.clickhouse });
  const problems = report.lanes.flatMap((lane) => lane.problems);
  const rows = await pipeline.value("SELECT count() FROM events");
  const ids = await pipeline.value("SELECT uniqExact(id) FROM events");
  if (Number(rows) !== events) problems.push(`${String(rows)} rows instead of ${events}`);
  if (Number(ids) !== events) problems.push(`${String(ids)} ids instead of ${events}`);
  return problems;
}
