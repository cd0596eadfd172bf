import { relative, resolve } from "node:path";
import { Command } from "commander";
import { dataFolder, readEndpoints, removeEndpoints, writeEndpoints } from "../endpoints.ts";
import { CommandFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { DEFAULT_CONFIG, type LoadedConfig } from "../config/load-config.ts";
import { portNumber } from "../output/formats.ts";
import { endpointsOf, startServers, withServers, type Resources, type Servers } from "../servers.ts";
import { PAGE_PORT, startLivePage } from "../serve/live-page.ts";
import { startWorker } from "../worker.ts";

interface Flags {
  readonly natsPort?: number;
  readonly clickhousePort?: number;
  readonly pagePort?: number;
}

/** `hydrograph up`: everything on this machine. */
export function upCommand(act: Act): Command {
  return new Command("up")
    .description(
      "Start NATS, ClickHouse and the live page on this machine, with data in .hydrograph/ beside the config, and ingest until Ctrl-C.",
    )
    .option("--nats-port <port>", "port of NATS on 127.0.0.1 (default: a free one)", portNumber)
    .option("--clickhouse-port <port>", "port of ClickHouse on 127.0.0.1 (default: a free one)", portNumber)
    .option("--page-port <port>", `port of the live page on 127.0.0.1 (default: ${PAGE_PORT}, or a free one if that is taken)`, portNumber)
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
    await writeEndpoints(folder, endpointsOf(config.project, servers));
    await withServers(servers, { folder, project: config.project, signal: invocation.signal }, (resources, signal) =>
      serve({ ...invocation, signal }, config, servers, resources, flags),
    );
    return EXIT.ok;
  } finally {
    await removeEndpoints(folder);
    await servers.stop();
  }
}

/** Ingests and shows until the signal. */
async function serve(
  { flags: { verbose }, signal, terminal }: Invocation,
  config: LoadedConfig,
  servers: Servers,
  resources: Resources,
  { pagePort }: Flags,
): Promise<void> {
  const page = await startLivePage(resources, terminal, pagePort);
  try {
    const worker = await startWorker({ ...resources, terminal, signal, logLevel: verbose === true ? "debug" : "info" });
    await terminal.write(whereThingsAre(config, servers, page.url));
    await worker.done;
  } finally {
    await page.stop();
  }
}

function whereThingsAre({ file, folder, project }: LoadedConfig, { clickhouse, nats }: Servers, page: string): string {
  const [metric] = project.metrics;
  const config = file === resolve(DEFAULT_CONFIG) ? "" : ` --config ${relative(process.cwd(), file)}`;
  return `
  live page   ${page}
  NATS        ${nats.url}
  ClickHouse  ${clickhouse.url}   database ${project.name}
  data        ${relative(process.cwd(), dataFolder(folder)) || "."}

In another terminal, in this folder:
  npx hydrograph publish events.ndjson${config}
  npx hydrograph ${metric ? `trend ${metric.name}` : 'query "SELECT type, count() FROM events GROUP BY type"'}${config}
  npx hydrograph verify${config}
Ctrl-C stops everything; the data stays.
`;
}
