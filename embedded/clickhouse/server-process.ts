import type { Server } from "node:http";
import { join } from "node:path";
import { openEngine } from "./engine.ts";
import { createEndpoint } from "./http-endpoint.ts";
import { OutputPipes } from "./output-pipes.ts";
import { ReadOnlyGuard } from "./read-only-guard.ts";
import { maxRunning, RunningQueries } from "./running-queries.ts";
import type { ServerProcessMessage, ServerProcessOptions } from "./server-messages.ts";
import { Spool } from "./spool.ts";
import type { Workshop } from "./workshop.ts";

/** Running INSERTs and DDL may take this long to finish after SIGTERM; a process that is killed later loses no acknowledged row either. */
const drainDeadlineMs = 20_000;
const SWEEP_MS = 20;

process.once("message", (options: ServerProcessOptions) => {
  serve(options).catch((error: unknown) => {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    process.disconnect();
    process.exit(1);
  });
});

async function serve(options: ServerProcessOptions): Promise<void> {
  const shop = await openWorkshop(options);
  const server = createEndpoint(shop, options);
  const port = await listen(server, options);
  process.once("SIGTERM", () => void shutDown(server, shop));
  tell({ kind: "listening", port });
}

async function openWorkshop({ dataDir, settings }: ServerProcessOptions): Promise<Workshop> {
  const engine = await openEngine(join(dataDir, "data"), settings);
  // Only now: the engine's lock tells that no other process uses the spool.
  const spoolDirectory = join(dataDir, "spool");
  const spool = await Spool.open(spoolDirectory);
  const session = engine.openSession();
  const guard = await ReadOnlyGuard.load(session);
  session.close();
  return { engine, spool, pipes: await OutputPipes.create(spoolDirectory, maxRunning), guard, running: new RunningQueries() };
}

function listen(server: Server, { host, port }: ServerProcessOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = `Port ${port} on ${host} is already in use: stop the program that listens there or choose another port for ClickHouse.`;
      reject(error.code === "EADDRINUSE" ? new Error(taken) : error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

/** Takes no new connections, lets what writes finish, ends what only reads. */
async function shutDown(server: Server, shop: Workshop): Promise<void> {
  setTimeout(() => process.exit(1), drainDeadlineMs).unref();
  const closed = new Promise((resolve) => server.close(resolve));
  // Again and again: the connection of an answer that was under way is idle only after it, and its client may keep it for half a minute.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await shop.pipes.endReaders((path) => shop.engine.killByTag(path));
  await closed;
  clearInterval(sweep);
  shop.engine.close();
  process.exit(0);
}

function tell(message: ServerProcessMessage): void {
  process.send?.(message);
}
