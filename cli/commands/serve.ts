import { serve as listen } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { Command } from "commander";
import type { LaneStatus } from "../../ingest/index.ts";
import { openClickHouse, openJetStreamIfNamed } from "../connections.ts";
import { CommandFailure, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { portNumber, wholeNumber } from "../output/formats.ts";
import { isLoopback } from "../serve/authorize.ts";
import { createApp } from "../serve/create-app.ts";
import { sharedLog, type SharedLog } from "../serve/shared-log.ts";

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly maxConcurrent: number;
  readonly maxSeconds: number;
}

const EXAMPLES = `
With HYDROGRAPH_TOKEN set, whoever asks must send "Authorization: Bearer <token>".

Examples:
  hydrograph serve
  HYDROGRAPH_TOKEN="$(openssl rand -hex 32)" hydrograph serve --host 0.0.0.0 --port 8080
  curl -s localhost:8080/v1/trend -H 'content-type: application/json' -d '{"metric":"orders","range":"30d","grain":"day"}'`;

/** `hydrograph serve`: the answers of `trend`, `funnel` … over HTTP. */
export function serveCommand(act: Act): Command {
  return new Command("serve")
    .description("Answer trends and questions about behaviour over HTTP, as JSON, CSV or Arrow; /openapi.json tells what can be asked.")
    .option("--host <address>", "address to listen on; any but this machine's own wants a token", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 = a free one", portNumber, 8080)
    .option("--max-concurrent <n>", "questions answered at the same time", wholeNumber, 4)
    .option("--max-seconds <s>", "longest time for an answer", wholeNumber, 30)
    .addHelpText("after", EXAMPLES)
    .action(act(serve));
}

async function serve(invocation: Invocation, flags: Flags): Promise<number> {
  const { environment, signal, terminal } = invocation;
  if (!isLoopback(flags.host) && environment.token === undefined)
    throw new UsageError(`--host ${flags.host} lets others ask: set HYDROGRAPH_TOKEN to what they must send, or listen on 127.0.0.1.`);
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config);
  const log = sharedLog(config.project, clickhouse, () => openJetStreamIfNamed(invocation, config));
  try {
    const app = createApp({
      clickhouse,
      project: config.project,
      ingestedUntil: log.ingestedUntil,
      lanes: () => lanesOf(log),
      token: environment.token,
      maxConcurrent: flags.maxConcurrent,
      maxSeconds: flags.maxSeconds,
      onUnexpected: (error) => terminal.note(`hydrograph: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    });
    const server = listen({ fetch: app.fetch, hostname: flags.host, port: flags.port });
    await once(server, "listening").catch((error: unknown) => {
      throw cannotListen(error, flags);
    });
    const { port } = server.address() as AddressInfo;
    terminal.note(`Listening on http://${flags.host.includes(":") ? `[${flags.host}]` : flags.host}:${port}`);
    if (!signal.aborted) await once(signal, "abort");
    const closed = once(server, "close");
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
    await closed;
    return EXIT.ok;
  } finally {
    await log.close();
    await clickhouse.close();
  }
}

function cannotListen(error: unknown, { host, port }: Flags): CommandFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === "EADDRINUSE" ? `port ${port} is already in use: choose another with --port, or 0 for a free one` : message;
  return new CommandFailure(`Cannot listen on ${host}: ${reason}.`, { cause: error });
}

async function lanesOf({ lanes }: SharedLog): Promise<readonly LaneStatus[]> {
  const found = await lanes();
  if (!found) throw new UsageError("The server was not told where NATS is: name it with --nats or HYDROGRAPH_NATS_URL.");
  return found;
}
