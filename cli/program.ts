import { Command } from "commander";
import type { Act } from "./invocation.ts";
import type { Terminal } from "./output/terminal.ts";
import { VERSION } from "./version.ts";

type CommandModule = () => Promise<(act: Act) => Command>;

/** Each command's module is loaded when it is asked for: all of them take 0.4 s, most a quarter of that. */
const COMMANDS: Readonly<Record<string, CommandModule>> = {
  up: async () => (await import("./commands/up.ts")).upCommand,
  demo: async () => (await import("./commands/demo.ts")).demoCommand,
  migrate: async () => (await import("./commands/migrate.ts")).migrateCommand,
  ingest: async () => (await import("./commands/ingest.ts")).ingestCommand,
  rebuild: async () => (await import("./commands/rebuild.ts")).rebuildCommand,
  replay: async () => (await import("./commands/replay.ts")).replayCommand,
  publish: async () => (await import("./commands/publish.ts")).publishCommand,
  run: async () => (await import("./commands/run.ts")).runCommand,
  trend: async () => (await import("./commands/trend.ts")).trendCommand,
  funnel: async () => (await import("./commands/funnel.ts")).funnelCommand,
  retention: async () => (await import("./commands/retention.ts")).retentionCommand,
  lifecycle: async () => (await import("./commands/lifecycle.ts")).lifecycleCommand,
  sessions: async () => (await import("./commands/sessions.ts")).sessionsCommand,
  paths: async () => (await import("./commands/paths.ts")).pathsCommand,
  revisions: async () => (await import("./commands/revisions.ts")).revisionsCommand,
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  anomalies: async () => (await import("./commands/anomalies.ts")).anomaliesCommand,
  candles: async () => (await import("./commands/candles.ts")).candlesCommand,
  join: async () => (await import("./commands/join.ts")).joinCommand,
  changes: async () => (await import("./commands/changes.ts")).changesCommand,
  forecast: async () => (await import("./commands/forecast.ts")).forecastCommand,
  movers: async () => (await import("./commands/movers.ts")).moversCommand,
  seasonality: async () => (await import("./commands/seasonality.ts")).seasonalityCommand,
  query: async () => (await import("./commands/query.ts")).queryCommand,
  features: async () => (await import("./commands/features.ts")).featuresCommand,
  watermark: async () => (await import("./commands/watermark.ts")).watermarkCommand,
  verify: async () => (await import("./commands/verify.ts")).verifyCommand,
  dlq: async () => (await import("./commands/dlq.ts")).dlqCommand,
  lookup: async () => (await import("./commands/lookup.ts")).lookupCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  status: async () => (await import("./commands/status.ts")).statusCommand,
  dashboards: async () => (await import("./commands/dashboards.ts")).dashboardsCommand,
};

/** Other names of commands, which say them to commander themselves: their modules are told by these. */
const ALIASES: Readonly<Record<string, string>> = { lag: "status" };

const EXIT_CODES = "Exit codes: 0 fine, 1 something failed, 2 wrong input, 3 verify, doctor or --check found something, 130 interrupted.";

/**
 * The command line.
 * @param words those after the program's name: they say which commands must be loaded
 * @param terminal where help and what is wrong with the words are told
 * @param act connects the commands to what runs them
 */
export async function buildProgram(words: readonly string[], terminal: Terminal, act: Act): Promise<Command> {
  const program = new Command("hydrograph")
    .description("Exact trends, point-in-time features and dashboards from NATS JetStream in ClickHouse, replayable from the log.")
    .version(VERSION)
    .option("--config <file>", "the project (default: $HYDROGRAPH_CONFIG, else hydrograph.config.ts)")
    .option("--nats <url>", 'where NATS is (default: $HYDROGRAPH_NATS_URL, else the running "hydrograph up")')
    .option("--clickhouse <url>", 'where ClickHouse is (default: $HYDROGRAPH_CLICKHOUSE_URL, else the running "hydrograph up")')
    .option("--verbose", "tell more: debug logs, and the stack of an error")
    .showHelpAfterError('(add "--help" for what there is)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void terminal.write(text),
      writeErr: (text) => terminal.note(text.replace(/\n$/, "")),
      outputError: (text, write) => write(text.replace(/^error: /, "hydrograph: ")),
    })
    .exitOverride()
    .addHelpText("after", `\nStart with:  hydrograph demo\n\n${EXIT_CODES}`);
  const named = new Set(words.map((word) => ALIASES[word] ?? word).filter((word) => Object.hasOwn(COMMANDS, word)));
  const all = named.size === 0 && !words.includes("--version");
  for (const [name, load] of Object.entries(COMMANDS)) {
    if (all || named.has(name)) addCommand(program, (await load())(act));
  }
  return program;
}

/** Commander hands settings down only to commands that it makes itself. */
function addCommand(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) child.copyInheritedSettings(command);
  parent.addCommand(command);
}
