import { join } from "node:path";
import { startClickHouse, startNats, type RunningServer } from "../embedded/index.ts";

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
