import { mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { loadConfig, type LoadedConfig } from "../config/load-config.ts";
import { runLive } from "../demo/live.ts";
import { playHistory, type Stage } from "../demo/play-history.ts";
import { dataFolder, readEndpoints, removeEndpoints, writeEndpoints } from "../endpoints.ts";
import { CommandFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Act, Invocation } from "../invocation.ts";
import { portNumber, wholeNumber } from "../output/formats.ts";
import { PAGE_PORT, startLivePage } from "../serve/live-page.ts";
import { endpointsOf, startServers, withServers, type Servers } from "../servers.ts";

interface Flags {
  readonly once?: boolean;
  readonly sessions: number;
  readonly data?: string;
  readonly pagePort?: number;
}

/** `hydrograph demo`: the whole way, from events to a training set, with a made-up shop. */
export function demoCommand(act: Act): Command {
  return new Command("demo")
    .description("Play a month of a made-up web shop through everything: servers, ingest, verify, trends, a training set; then go on live.")
    .option("--once", "end after the history; exit with 3 if any number is off")
    .option("--sessions <n>", "visits of the month; 60000 are some 300,000 events", wholeNumber, 60_000)
    .option("--data <folder>", "where the data goes, in place of what is there (default: .hydrograph/demo in examples/shop)")
    .option("--page-port <port>", `port of the live page on 127.0.0.1 (default: ${PAGE_PORT}, or a free one if that is taken)`, portNumber)
    .addHelpText("after", "\nExamples:\n  hydrograph demo\n  hydrograph demo --once --sessions 5000")
    .action(act(demo));
}

async function demo(invocation: Invocation, flags: Flags): Promise<number> {
  const packageFolder = dirname(createRequire(import.meta.url).resolve("hydrograph/package.json"));
  const config = await loadConfig(join(packageFolder, "examples/shop/hydrograph.config.ts"));
  const folder = flags.data ?? join(dataFolder(config.folder), "demo");
  if (flags.data === undefined) await refuseSecond(config);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const servers = await startServers(folder);
  try {
    // With data of its own place, the demo is nobody's neighbour: other commands are told its addresses, not this folder's.
    if (flags.data === undefined) await writeEndpoints(dataFolder(config.folder), endpointsOf(config.project, servers));
    return await withServers(servers, { folder, project: config.project, signal: invocation.signal }, (resources, signal) =>
      play({ ...resources, terminal: invocation.terminal, signal, folder, sessions: flags.sessions }, flags, config, servers),
    );
  } finally {
    if (flags.data === undefined) await removeEndpoints(dataFolder(config.folder));
    await servers.stop();
  }
}

async function refuseSecond({ folder }: LoadedConfig): Promise<void> {
  const running = await readEndpoints(dataFolder(folder));
  if (running) throw new CommandFailure(`A demo (or "hydrograph up" of the shop) already runs as process ${running.pid}: stop it first.`);
}

async function play(stage: Stage, flags: Flags, config: LoadedConfig, servers: Servers): Promise<number> {
  const { terminal } = stage;
  const wrong = await playHistory(stage);
  for (const sentence of wrong) terminal.note(`hydrograph: ${sentence}`);
  if (flags.once === true) {
    await terminal.write(
      `\nTo look around, play it again and leave it running:\n  npx hydrograph demo\nThen, in another terminal in this folder:\n${hints(config)}`,
    );
    return wrong.length > 0 ? EXIT.findings : EXIT.ok;
  }
  const page = await startLivePage(stage, terminal, flags.pagePort);
  try {
    await terminal.write(whatNext(config, page.url, flags.data === undefined ? undefined : servers));
    await runLive(stage);
  } finally {
    await page.stop();
  }
  return EXIT.ok;
}

/** What to look at, in another terminal in the same folder. */
function whatNext(config: LoadedConfig, page: string, servers: Servers | undefined): string {
  const addresses = servers ? `  export HYDROGRAPH_NATS_URL=${servers.nats.url} HYDROGRAPH_CLICKHOUSE_URL=${servers.clickhouse.url}\n` : "";
  return `\nThe shop goes on live: open ${page} in a browser.\nOr look around from another terminal, in this folder:\n${addresses}${hints(config)}\n`;
}

/** Real commands for a running demo. */
function hints({ file }: LoadedConfig): string {
  const config = file.startsWith(`${process.cwd()}/`) ? file.slice(process.cwd().length + 1) : file;
  return `  export HYDROGRAPH_CONFIG=${config}
  npx hydrograph trend revenue --last 30d --by currency
  npx hydrograph trend failed_payments --last 30d --by reason
  npx hydrograph query "SELECT subject, count() AS events FROM events GROUP BY subject ORDER BY events DESC LIMIT 5"
  npx hydrograph verify
  npx hydrograph lag
`;
}
