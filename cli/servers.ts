import { join } from "node:path";
import { connectClickHouse, type ClickHouse } from "../clickhouse/index.ts";
import { startClickHouse, startNats, type RunningServer } from "../embedded/index.ts";
import { connectJetStream, type JetStream } from "../jetstream/index.ts";
import type { Project } from "../model/index.ts";
import { applyPlan, migrationPlan } from "../transforms/index.ts";
import type { Endpoints } from "./endpoints.ts";
import { CommandFailure } from "./errors.ts";

/** A NATS server and a ClickHouse of this machine. */
export interface Servers {
  readonly nats: RunningServer;
  readonly clickhouse: RunningServer;
  /** Resolves with the name of the first that ends by itself. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

/** Ports to use; 0 or absent takes a free one. */
export interface ServerPorts {
  readonly nats?: number;
  readonly clickhouse?: number;
}

/**
 * Starts both servers with their data in a folder, side by side.
 * @throws Error with one sentence, e.g. that a port or the folder is in use; then neither is left running
 */
export async function startServers(folder: string, ports: ServerPorts = {}): Promise<Servers> {
  const [nats, clickhouse] = await Promise.allSettled([
    startNats({ dataDir: join(folder, "nats"), ...(ports.nats ? { port: ports.nats } : {}) }),
    startClickHouse({ dataDir: join(folder, "clickhouse"), ...(ports.clickhouse ? { port: ports.clickhouse } : {}) }),
  ]);
  if (nats.status === "fulfilled" && clickhouse.status === "fulfilled") return together(nats.value, clickhouse.value);
  for (const server of [nats, clickhouse]) if (server.status === "fulfilled") await server.value.stop();
  throw nats.status === "rejected" ? nats.reason : clickhouse.status === "rejected" ? clickhouse.reason : undefined;
}

function together(nats: RunningServer, clickhouse: RunningServer): Servers {
  let stopping = false;
  const failed = new Promise<string>((resolve) => {
    void nats.exited.then(() => stopping || resolve("NATS"));
    void clickhouse.exited.then(() => stopping || resolve("ClickHouse"));
  });
  return {
    nats,
    clickhouse,
    failed,
    stop: async () => {
      stopping = true;
      await Promise.all([nats.stop(), clickhouse.stop()]);
    },
  };
}

/** What other commands must know to find the servers of this process. */
export function endpointsOf({ name }: Project, { clickhouse, nats }: Servers): Endpoints {
  return {
    project: name,
    natsUrl: nats.url,
    clickhouseUrl: clickhouse.url,
    pid: process.pid,
    natsPid: nats.pid,
    clickhousePid: clickhouse.pid,
  };
}

/** Connections to the servers of this process, for a project whose tables and streams are made if they lack. */
export interface Resources {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
}

/**
 * Does work with the servers, over connections that are closed afterwards. When a server ends by itself, the work is told to stop, and its connections are closed under it:
 * it could only wait for what does not come back.
 * @param folder where the servers' logs are
 * @throws CommandFailure naming the server that ended
 */
export async function withServers<Result>(
  servers: Servers,
  { folder, project, signal }: { readonly folder: string; readonly project: Project; readonly signal: AbortSignal },
  work: (resources: Resources, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const jetstream = await connectJetStream({ url: servers.nats.url });
  const clickhouse = connectClickHouse({ url: servers.clickhouse.url, database: project.name });
  const stop = new AbortController();
  const failure = servers.failed.then((name): never => {
    stop.abort();
    throw new CommandFailure(`${name} ended by itself: its log is in ${join(folder, name.toLowerCase())}.`);
  });
  const prepared = async (): Promise<Result> => {
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse, { workers: { project, jetstream, signal } });
    await jetstream.ensureStreams(project.streams);
    return work({ project, jetstream, clickhouse }, AbortSignal.any([signal, stop.signal]));
  };
  try {
    return await Promise.race([prepared(), failure]);
  } finally {
    await Promise.all([jetstream.close(), clickhouse.close()]);
  }
}
