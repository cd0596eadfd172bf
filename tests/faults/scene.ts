import { expect, inject, onTestFailed, onTestFinished } from "vitest";
import type { Running } from "../support/cli.ts";
import { randomFrom } from "../support/random.ts";
import type { Addresses } from "../support/user-project.ts";
import { eventually, faultProject, stopWorker, type FaultProject, type FaultProjectOptions } from "./fault-project.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { mixed, poison } from "./messages.ts";

/** A worker holds less than this, in bytes, whatever happens: 150 MB of it are Node's and the program's own. */
export const MOST_MEMORY = 450_000_000;

/** A project with a proxy before each server, taken away when the test has ended. */
export interface Scene {
  readonly project: FaultProject;
  readonly clickhouse: FaultProxy;
  readonly nats: FaultProxy;
  /** Starts a worker that reaches both servers through the proxies. */
  readonly worker: () => Running;
  /** Publishes so many messages of the mixed load, at least one of them poison, and waits until they are acknowledged. */
  readonly publish: (messages: number) => Promise<void>;
  /** Everything published until now is in the ledger. */
  readonly committed: () => Promise<void>;
  /** What must hold after every fault: a fresh event arrives, the worker ends well within its memory, and every promise is kept. */
  readonly expectKept: (worker: Running) => Promise<void>;
}

/** Sets the scene. @param addresses servers of the test's own; none = the shared ones */
export async function setScene(options: FaultProjectOptions = {}, addresses?: Addresses): Promise<Scene> {
  const servers = addresses ?? { natsUrl: inject("natsUrl"), clickhouseUrl: inject("clickhouseUrl") };
  const project = await faultProject(servers, options);
  const clickhouse = await FaultProxy.before(servers.clickhouseUrl);
  const nats = await FaultProxy.before(servers.natsUrl);
  const workers: Running[] = [];
  onTestFailed(() => {
    for (const worker of workers) process.stderr.write(`Worker ${worker.pid} said last:\n${worker.transcript().slice(-4_000)}\n`);
  });
  onTestFinished(async () => {
    for (const worker of workers) worker.child.kill("SIGKILL");
    await Promise.all([clickhouse.close(), nats.close()]);
    await project.close();
  });
  const random = randomFrom(7);
  let next = 0;
  return {
    project,
    clickhouse,
    nats,
    worker: () => {
      const worker = project.worker({ natsUrl: `nats://127.0.0.1:${nats.port}`, clickhouseUrl: `http://127.0.0.1:${clickhouse.port}` });
      workers.push(worker);
      return worker;
    },
    publish: async (messages) => {
      const contents = Array.from({ length: messages - 1 }, (_, offset) => mixed(next + offset, random));
      await project.publisher.publish(project.stream, [...contents, poison(`no JSON ${next}`, "invalid-json")]);
      next += messages;
    },
    committed: () => eventually("all is in the ledger", async () => (await lastCommitted(project)) === lastSent(project)),
    expectKept: async (worker) => {
      await project.freshArrives();
      const { code, peak, said } = await stopWorker(worker);
      expect([code, said]).toEqual([0, expect.stringMatching(/Ingested [\d,]+ message/)]);
      expect(peak).toBeLessThan(MOST_MEMORY);
      expect(await project.violations()).toEqual([]);
    },
  };
}

/** Where the ledger of the newest incarnation of the first stream ends. */
export async function lastCommitted({ clickhouse, stream }: FaultProject): Promise<number> {
  const [row] = await clickhouse.rows<{ last: string }>({
    name: "Committed",
    sql: "SELECT max(l.last) AS last FROM ingest_ledger AS l WHERE l.stream = {stream:String} AND l.epoch = (SELECT max(epoch) FROM ingest_ledger WHERE stream = {stream:String})",
    params: { stream },
  });
  return Number(row?.last);
}

function lastSent({ publisher, stream }: FaultProject): number {
  const sent = publisher.sent.filter((message) => message.stream === stream);
  const epoch = Math.max(...sent.map((message) => message.epoch));
  return Math.max(...sent.filter((message) => message.epoch === epoch).map(({ seq }) => seq));
}
