import { Command } from "commander";
import type { ClickHouse } from "../../clickhouse/index.ts";
import {
  checkContinuation,
  createReplayDatabase,
  replayDatabaseExists,
  resolveRanges,
  switchDatabases,
  type ReplayRange,
} from "../../ingest/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { applyPlan, migrationPlan, unfinishedRebuilds } from "../../transforms/index.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { openClickHouse, openJetStream } from "../connections.ts";
import { CommandFailure, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { replayEnd } from "../input/replay-end.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { reportFormatOption, wholeNumber } from "../output/formats.ts";
import { plural, showNumber, showSeconds } from "../output/numbers.ts";
import { replayInto } from "../replay-worker.ts";
import type { WorkerTotals } from "../worker.ts";

interface Flags {
  readonly into: string;
  readonly from?: string;
  readonly to?: string;
  readonly rate?: number;
  readonly switch?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly format: "text" | "json";
}

/** What both ways of the command work with. */
interface Replay {
  readonly invocation: Invocation;
  readonly flags: Flags;
  readonly config: LoadedConfig;
  readonly jetstream: JetStream;
  readonly into: ClickHouse;
  /** Whether the database to fill is there already. */
  readonly exists: boolean;
}

/** `hydrograph replay`: builds everything again from the log in a database beside the live one, and lets the two change places. */
export function replayCommand(act: Act): Command {
  return new Command("replay")
    .description("Build everything again from the log, with today's code and config, in a database beside the live one; then switch to it.")
    .requiredOption("--into <database>", "the database to build; stopped at any point, the same command goes on")
    .option("--from <seq|time>", "begin with this sequence, or with messages stored at or after this time (default: the beginning)")
    .option("--to <seq|time>", "end with this sequence, or with messages stored before this time (default: the end of the log)")
    .option("--rate <messages>", "at most so many messages a second", wholeNumber)
    .option("--switch", "bring it up to the end of the log and make it the live database; the same again goes back")
    .option("--force", "with --switch: also if it holds fewer messages than the live database")
    .option("--dry-run", "tell what would be done, and do nothing")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nDigits alone are a sequence; a time is read in the project's zone. Workers go on with the live database meanwhile.\n" +
        "To try dead letters again in the live database, use hydrograph dlq replay.\n\nExamples:\n" +
        "  hydrograph replay --into shop_next\n  hydrograph replay --into shop_next --rate 5000\n  hydrograph verify --database shop_next\n" +
        "  hydrograph replay --switch --into shop_next\n  hydrograph replay --into shop_november --from 2026-11-01 --to 2026-12-01",
    )
    .action(act(replay));
}

async function replay(invocation: Invocation, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  checkFlags(flags, config.project.name);
  const jetstream = await openJetStream(invocation, config);
  try {
    const into = await openClickHouse(invocation, config, { database: flags.into, databaseMayLack: true });
    try {
      const exists = await replayDatabaseExists(into, config.project);
      const work = { invocation, flags, config, jetstream, into, exists };
      return await (flags.switch === true ? switchTo(work) : build(work));
    } finally {
      await into.close();
    }
  } finally {
    await jetstream.close();
  }
}

function checkFlags(flags: Flags, live: string): void {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(flags.into))
    throw new UsageError(`--into: "${flags.into}" is no name of a database: write lower-case letters, digits and "_".`);
  if (flags.into === live) throw new UsageError(`--into: "${live}" is the live database: name another, such as ${live}_next.`);
  const ranged = flags.from !== undefined || flags.to !== undefined;
  if (flags.switch === true && ranged) throw new UsageError("--switch goes on to the end of the log: leave --from and --to away.");
  if (flags.force === true && flags.switch !== true) throw new UsageError("--force goes with --switch.");
}

async function build(work: Replay): Promise<number> {
  const { config, flags, invocation, into, jetstream } = work;
  const { project } = config;
  const ends = { from: replayEnd(flags.from, project.timezone, "--from"), to: replayEnd(flags.to, project.timezone, "--to") };
  const ranges = await resolveRanges(project, jetstream, ends);
  if (flags.dryRun === true) return tellPlan(work, ranges);
  if (!work.exists) await createReplayDatabase(into, project, jetstream);
  await migrate(work, into);
  await checkContinuation(
    into,
    project,
    flags.from === undefined ? new Map() : new Map(ranges.map(({ first, stream }) => [stream, first])),
  );
  const started = performance.now();
  const totals = await ingestAgain(work, ranges);
  const { signal } = invocation;
  await report(work, totals, (performance.now() - started) / 1_000, !signal.aborted);
  return signal.aborted ? EXIT.interrupted : EXIT.ok;
}

async function switchTo(work: Replay): Promise<number> {
  const { config, exists, flags, invocation, into, jetstream } = work;
  const { signal, terminal } = invocation;
  const { project } = config;
  if (!exists) throw new UsageError(`There is no database "${flags.into}": build it with "hydrograph replay --into ${flags.into}".`);
  const live = await openClickHouse(invocation, config);
  try {
    if (flags.dryRun === true) return await tellPlan(work, await resolveRanges(project, jetstream, {}));
    for (const database of [live, into]) await refuseUnderRebuild(database);
    for (const database of [live, into]) await migrate(work, database);
    await checkContinuation(into, project, new Map());
    const catchUp = async (): Promise<void> => {
      await ingestAgain(work, await resolveRanges(project, jetstream, {}));
      signal.throwIfAborted();
    };
    const say = (step: string): void => terminal.note(`${step}.`);
    const { tables } = await switchDatabases({ project, jetstream, live, into, catchUp, force: flags.force === true, signal, onStep: say });
    const back = `hydrograph replay --switch --into ${flags.into}`;
    const text = `"${project.name}" now holds what was replayed, and "${flags.into}" what was live before: ${plural(tables, "table")} changed places. To go back: ${back}\n`;
    await terminal.write(flags.format === "json" ? `${JSON.stringify({ live: project.name, kept: flags.into, tables })}\n` : text);
    return EXIT.ok;
  } finally {
    await live.close();
  }
}

/** The tables that a rebuild fills must not change places under it. */
async function refuseUnderRebuild(clickhouse: ClickHouse): Promise<void> {
  const [unfinished] = await unfinishedRebuilds(clickhouse);
  if (!unfinished) return;
  throw new CommandFailure(
    `A rebuild of ${unfinished.metric} in "${clickhouse.database}" is under way or paused: let "hydrograph rebuild ${unfinished.metric}" end, then switch.`,
  );
}

/** Gives a database the tables, rollups and views of today's project, so that both have the same. */
async function migrate({ config: { project }, invocation: { signal }, jetstream }: Replay, clickhouse: ClickHouse): Promise<void> {
  await applyPlan(await migrationPlan(project, clickhouse), clickhouse, { workers: { project, jetstream, signal } });
}

function ingestAgain(
  { config: { project }, flags: { rate }, into, invocation, jetstream }: Replay,
  ranges: readonly ReplayRange[],
): Promise<WorkerTotals> {
  const { flags, signal, terminal } = invocation;
  return replayInto({ project, jetstream, into, ranges, rate, terminal, signal, verbose: flags.verbose === true });
}

async function tellPlan(
  { config: { project }, exists, flags, into, invocation: { terminal } }: Replay,
  ranges: readonly ReplayRange[],
): Promise<number> {
  const steps = (await migrationPlan(project, into)).steps.map(({ kind, object, reason }) => ({ kind, object, reason }));
  const streams = ranges.map(({ first, stored, stream }) => ({ stream, first, last: stored, sequences: Math.max(0, stored - first + 1) }));
  if (flags.format === "json") {
    await terminal.write(
      `${JSON.stringify({ applied: false, into: flags.into, exists, steps, streams, switch: flags.switch === true })}\n`,
    );
    return EXIT.ok;
  }
  const lines = [
    ...steps.map(({ kind, object, reason }) => `${kind.padEnd(8)}  ${object}  ${reason}`),
    ...streams.map(
      ({ first, last, sequences, stream }) =>
        `read      ${stream}  ${first}-${last}, ${plural(sequences, "sequence")} unless they are in already`,
    ),
    ...(flags.switch === true ? [`switch    "${project.name}" and "${flags.into}" exchange their tables`] : []),
  ];
  await terminal.write(lines.map((line) => `${line}\n`).join(""));
  return EXIT.ok;
}

async function report({ flags, invocation: { terminal } }: Replay, totals: WorkerTotals, seconds: number, isDone: boolean): Promise<void> {
  const { deadLetters, received, rows } = totals;
  if (flags.format === "json") {
    await terminal.write(`${JSON.stringify({ into: flags.into, done: isDone, received, rows, deadLetters, seconds })}\n`);
    return;
  }
  const rate = showNumber(Math.round(received / seconds));
  const what = `${plural(received, "message")} in ${showSeconds(seconds)} (${rate}/s): ${plural(rows, "event")}, ${plural(deadLetters, "dead letter")}`;
  const next = isDone
    ? `Look at it with "hydrograph verify --database ${flags.into}", then make it the live one with "hydrograph replay --switch --into ${flags.into}".`
    : "Paused; the same command goes on.";
  await terminal.write(`Replayed into "${flags.into}" ${what}.\n${next}\n`);
}
