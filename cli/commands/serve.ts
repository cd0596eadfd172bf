import { once } from "node:events";
import { Command } from "commander";
import type { LaneStatus } from "../../ingest/index.ts";
import { serveFeatures, type FeatureServing } from "../../queries/index.ts";
import { openClickHouse, openJetStreamIfNamed } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { collect, portNumber, wholeNumber } from "../output/formats.ts";
import { isLoopback } from "../serve/authorize.ts";
import { createApp } from "../serve/create-app.ts";
import { readPage } from "../serve/page.ts";
import { sharedLog, type SharedLog } from "../serve/shared-log.ts";
import { startServer } from "../serve/start-server.ts";

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly maxConcurrent: number;
  readonly maxSeconds: number;
  readonly sql: boolean;
  readonly keepReady?: readonly string[];
}

const EXAMPLES = `
With HYDROGRAPH_TOKEN set, whoever asks must send "Authorization: Bearer <token>".

Examples:
  hydrograph serve
  HYDROGRAPH_TOKEN="$(openssl rand -hex 32)" hydrograph serve --host 0.0.0.0 --port 8080
  curl -s localhost:8080/v1/trend -H 'content-type: application/json' -d '{"metric":"orders","range":"30d","grain":"day"}'`;

/** `hydrograph serve`: the live page, and the answers of `trend`, `funnel` … over HTTP. */
export function serveCommand(act: Act): Command {
  return new Command("serve")
    .description(
      "Serve the live page, and answer trends and questions about behaviour over HTTP as JSON, CSV or Arrow; /openapi.json tells what can be asked.",
    )
    .option("--host <address>", "address to listen on; any but this machine's own wants a token", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 = a free one", portNumber, 8080)
    .option("--max-concurrent <n>", "questions answered at the same time", wholeNumber, 8)
    .option("--max-seconds <s>", "longest time for an answer", wholeNumber, 30)
    .option("--no-sql", "do not take SQL of the callers' own")
    .option(
      "--keep-ready <set>",
      "keep the events of a feature set in ClickHouse's memory: answers sooner where entities have few events; may be given more than once",
      collect,
    )
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
  const serving = new Map<string, FeatureServing>();
  try {
    for (const name of new Set(flags.keepReady))
      serving.set(name, await serveFeatures(clickhouse, config.project, name, { onFailure: noteOnce(terminal, name) }));
    const app = createApp({
      clickhouse,
      project: config.project,
      serving,
      ingestedUntil: log.ingestedUntil,
      lanes: () => lanesOf(log),
      sql: flags.sql,
      page: await readPage(),
      token: environment.token,
      maxConcurrent: flags.maxConcurrent,
      maxSeconds: flags.maxSeconds,
      onUnexpected: (error) => terminal.note(`hydrograph: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    });
    const server = await startServer(app, { ...flags, flag: "--port" });
    terminal.note(`Listening on ${server.url}`);
    if (!signal.aborted) await once(signal, "abort");
    await server.stop();
    return EXIT.ok;
  } finally {
    await Promise.all([...serving.values()].map((each) => each.close()));
    await log.close();
    await clickhouse.close();
  }
}

/** Says why a set is not kept ready: once, for it is tried every second. */
function noteOnce(terminal: Invocation["terminal"], name: string): (error: unknown) => void {
  let last = "";
  return (error) => {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== last) terminal.note(`hydrograph: "${name}" is not kept ready, and answered from the events: ${reason}`);
    last = reason;
  };
}

async function lanesOf({ lanes }: SharedLog): Promise<readonly LaneStatus[]> {
  const found = await lanes();
  if (!found) throw new UsageError("The server was not told where NATS is: name it with --nats or HYDROGRAPH_NATS_URL.");
  return found;
}
