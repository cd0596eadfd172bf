import { join, relative } from "node:path";
import { Command } from "commander";
import { connectClickHouse } from "../../clickhouse/index.ts";
import { connectJetStream } from "../../jetstream/index.ts";
import { applyPlan, migrationPlan } from "../../transforms/index.ts";
import { dataFolder, readEndpoints, removeEndpoints, writeEndpoints } from "../endpoints.ts";
import { CommandFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { portNumber } from "../output/formats.ts";
import { startServers, type Servers } from "../servers.ts";
import { startWorker } from "../worker.ts";

interface Flags {
  readonly natsPort?: number;
  readonly clickhousePort?: number;
}

/** `hydrograph up`: everything on this machine. */
export function upCommand(act: Act): Command {
  return new Command("up")
    .description("Start NATS and ClickHouse on this machine, with data in .hydrograph/ beside the config, and ingest until Ctrl-C.")
    .option("--nats-port <port>", "port of NATS on 127.0.0.1 (default: a free one)", portNumber)
    .option("--clickhouse-port <port>", "port of ClickHouse on 127.0.0.1 (default: a free one)", portNumber)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph up\n  hydrograph up --nats-port 4222 --clickhouse-port 8123   # for programs that cannot ask",
    )
    .action(act(up));
}

async function up(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const folder = dataFolder(config.folder);
  const running = await readEndpoints(folder);
  if (running)
    throw new CommandFailure(
      `"hydrograph up" already runs here as process ${running.pid}: NATS ${running.natsUrl}, ClickHouse ${running.clickhouseUrl}.`,
    );
  const servers = await startServers(folder, {
    ...(flags.natsPort === undefined ? {} : { nats: flags.natsPort }),
    ...(flags.clickhousePort === undefined ? {} : { clickhouse: flags.clickhousePort }),
  });
  try {
    await writeEndpoints(folder, {
      project: config.project.name,
      natsUrl: servers.nats.url,
      clickhouseUrl: servers.clickhouse.url,
      pid: process.pid,
      natsPid: servers.nats.pid,
      clickhousePid: servers.clickhouse.pid,
    });
    await serve(invocation, config, servers);
    return EXIT.ok;
  } finally {
    await removeEndpoints(folder);
    await servers.stop();
  }
}

/** Migrates, then ingests until the signal, or until a server ends by itself. */
async function serve(invocation: Invocation, config: LoadedConfig, servers: Servers): Promise<void> {
  const { signal, terminal } = invocation;
  const { project } = config;
  const jetstream = await connectJetStream({ url: servers.nats.url });
  const clickhouse = connectClickHouse({ url: servers.clickhouse.url, database: project.name });
  const stop = new AbortController();
  try {
    await applyPlan(await migrationPlan(project, clickhouse), clickhouse);
    const worker = await startWorker({
      project,
      jetstream,
      clickhouse,
      terminal,
      logLevel: invocation.flags.verbose === true ? "debug" : "info",
      signal: AbortSignal.any([signal, stop.signal]),
    });
    terminal.note(whereThingsAre(config, servers));
    const failed = await Promise.race([worker.done.then(() => undefined), servers.failed]);
    stop.abort();
    if (failed !== undefined)
      throw new CommandFailure(`${failed} ended by itself: its log is in ${join(dataFolder(config.folder), failed.toLowerCase())}.`);
  } finally {
    await Promise.all([jetstream.close(), clickhouse.close()]);
  }
}

function whereThingsAre({ folder, project }: LoadedConfig, { clickhouse, nats }: Servers): string {
  const [metric] = project.metrics;
  return `
  NATS        ${nats.url}
  ClickHouse  ${clickhouse.url}   database ${project.name}
  data        ${relative(process.cwd(), dataFolder(folder)) || "."}

In another terminal, in this folder:
  hydrograph publish events.ndjson
  hydrograph ${metric ? `trend ${metric.name}` : 'query "SELECT type, count() FROM events GROUP BY type"'}
  hydrograph verify
Ctrl-C stops everything; the data stays.
`;
}
