import { hostname } from "node:os";
import { Command } from "commander";
import type { ClickHouse } from "../../clickhouse/index.ts";
import {
  countDeadLetters,
  discardDeadLetters,
  exportDeadLetters,
  listDeadLetters,
  readDeadLetter,
  replayDeadLetters,
} from "../../ingest/index.ts";
import { storedStreams, type Project } from "../../model/index.ts";
import { openClickHouse, openJetStream } from "../connections.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { addLetterFlags, letterFilter, requireFilter, stateOption, type LetterFlags } from "../input/letter-flags.ts";
import { openEnrichers } from "../open-enrichers.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import {
  refuseBinaryOnTerminal,
  reportFormatOption,
  ROW_FORMATS,
  rowFormatOption,
  wholeNumber,
  type RowFormat,
} from "../output/formats.ts";
import { groupsView, letterJson, lettersView, letterView, replayView } from "../output/letters-view.ts";
import { plural } from "../output/numbers.ts";
import { startProgress } from "../output/progress.ts";

/** `hydrograph dlq`: dead letters, and what can be done about them. */
export function dlqCommand(act: Act): Command {
  return new Command("dlq")
    .description("Dead letters: what could not become events, why, and what can be done about it. Nothing is ever deleted.")
    .addHelpText(
      "after",
      "\nA runbook: docs/dead-letters.md\n\nExamples:\n  hydrograph dlq list\n  hydrograph dlq show 17\n  hydrograph dlq replay --dry-run",
    )
    .addCommand(listCommand(act))
    .addCommand(showCommand(act))
    .addCommand(replayCommand(act))
    .addCommand(discardCommand(act));
}

interface ListFlags extends LetterFlags {
  readonly count?: boolean;
  readonly limit?: number;
  readonly format: RowFormat;
}

function listCommand(act: Act): Command {
  return addLetterFlags(new Command("list"))
    .description("List dead letters: how many there are of each kind, and the newest.")
    .addOption(stateOption(["open", "replayed", "discarded", "any"], "in this state"))
    .option("--count", "only how many there are of each kind")
    .option("--limit <n>", "rows at most (default: 20 for reading, else 10000)", wholeNumber)
    .addOption(rowFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph dlq list\n  hydrograph dlq list --reason schema-mismatch --since 2h\n" +
        "  hydrograph dlq list --count --state any --format json\n  hydrograph dlq list --stream SHOP --limit 1000000 --format csv > letters.csv",
    )
    .action(act(list));
}

async function list(invocation: Invocation, flags: ListFlags): Promise<number> {
  const { signal, terminal } = invocation;
  const { count = false, format } = flags;
  refuseBinaryOnTerminal(terminal, format);
  const filter = letterFilter(flags, new Date());
  return withClickHouse(invocation, async (clickhouse) => {
    if (format !== "text") {
      const what = count ? "groups" : "letters";
      const listing = { filter, limit: flags.limit ?? 10_000, what, format: ROW_FORMATS[format], signal } as const;
      await terminal.writeAll(await exportDeadLetters(clickhouse, listing));
      return EXIT.ok;
    }
    const listing = { filter, limit: flags.limit ?? 20 };
    const groups = await countDeadLetters(clickhouse, listing);
    await terminal.write(count ? groupsView(groups) : lettersView(groups, await listDeadLetters(clickhouse, listing)));
    return EXIT.ok;
  });
}

interface ShowFlags {
  readonly stream?: string;
  readonly epoch?: number;
  readonly raw?: boolean;
  readonly format: "text" | "json";
}

function showCommand(act: Act): Command {
  return new Command("show")
    .description("Show one message that was set aside, whole: why, its headers, and its payload.")
    .argument("<seq>", "sequence of the message, as lists show it", wholeNumber)
    .option("--stream <name>", "of this stream (default: the project's, if it has one)")
    .option("--epoch <n>", "of this incarnation of the stream (default: the newest with such a letter)", wholeNumber)
    .option("--raw", "the payload alone, byte for byte")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph dlq show 17\n  hydrograph dlq show 17 --stream SHOP --raw > message.json\n  hydrograph dlq show 17 --format json | jq .payload",
    )
    .action(act(show));
}

async function show(invocation: Invocation, seq: number, flags: ShowFlags): Promise<number> {
  return withClickHouse(invocation, async (clickhouse, project) => {
    const stream = flags.stream ?? onlyStream(project);
    const message = await readDeadLetter(clickhouse, { stream, seq, ...(flags.epoch === undefined ? {} : { epoch: flags.epoch }) });
    if (!message)
      throw new UsageError(`No dead letter of message ${seq} of stream ${stream}: "hydrograph dlq list --state any" lists all.`);
    if (flags.raw === true) await invocation.terminal.write(message.payload);
    else await invocation.terminal.write(flags.format === "json" ? letterJson(message) : letterView(message));
    return EXIT.ok;
  });
}

function onlyStream(project: Project): string {
  const [first, ...others] = storedStreams(project.streams).map(({ name }) => name);
  if (first === undefined || others.length > 0)
    throw new UsageError(`Of which stream? Say --stream ${[first, ...others].join(", or --stream ")}.`);
  return first;
}

interface ReplayFlags extends LetterFlags {
  readonly dryRun?: boolean;
  readonly format: "text" | "json";
}

function replayCommand(act: Act): Command {
  return addLetterFlags(new Command("replay"))
    .description("Read messages of dead letters from the log again, and insert what now decodes, each event exactly once; the others stay.")
    .addOption(stateOption(["open", "discarded", "replayed"], "in this state; of the replayed ones, those whose rows ClickHouse has lost"))
    .option("--dry-run", "only tell what would go in, and what would still be refused")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nUses the config as it is now: mend the schema, restart the workers with it, then replay. Workers may go on meanwhile. It may be stopped\n" +
        "and run again at any time; what broke off is brought to its end first.\n\nTo build the whole database again from the log, use hydrograph replay.\n\nExamples:\n  hydrograph dlq replay --dry-run\n" +
        "  hydrograph dlq replay --reason schema-mismatch --since 2h\n  hydrograph dlq replay --seq 17-40 --stream SHOP --format json",
    )
    .action(act(replay));
}

async function replay(invocation: Invocation, flags: ReplayFlags): Promise<number> {
  const { signal, terminal } = invocation;
  const { dryRun = false } = flags;
  const filter = letterFilter(flags, new Date());
  return withClickHouse(invocation, async (clickhouse, project, config) => {
    const jetstream = await openJetStream(invocation, config);
    const progress = startProgress(terminal, { what: dryRun ? "Reading" : "Replaying", unit: "letter" });
    const enrichers = await openEnrichers(project, jetstream);
    try {
      const worker = workerName();
      const onWait = (sentence: string): void => terminal.note(sentence);
      const onProgress = (letters: number): void => progress.update(letters);
      const report = await replayDeadLetters({
        project,
        jetstream,
        clickhouse,
        enrichers: enrichers.enrichers,
        filter,
        dryRun,
        worker,
        signal,
        onWait,
        onProgress,
      });
      progress.finish();
      await terminal.write(flags.format === "json" ? `${JSON.stringify({ dryRun, ...report })}\n` : replayView(report, dryRun));
      return EXIT.ok;
    } finally {
      progress.finish();
      enrichers.close();
      await jetstream.close();
    }
  });
}

interface DiscardFlags extends LetterFlags {
  readonly because: string;
  readonly all?: boolean;
  readonly format: "text" | "json";
}

function discardCommand(act: Act): Command {
  return addLetterFlags(new Command("discard"))
    .description("Mark open dead letters as done without. They stay in the table, with their bytes, and can still be replayed.")
    .requiredOption("--because <text>", "why, for whoever looks later")
    .option("--all", "every open letter, if nothing else says which")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      '\nExamples:\n  hydrograph dlq discard --seq 17 --because "probe of the load test"\n' +
        '  hydrograph dlq discard --reason invalid-json --subject "shop.test.>" --because "not ours"\n  hydrograph dlq replay --state discarded   # after all',
    )
    .action(act(discard));
}

async function discard(invocation: Invocation, flags: DiscardFlags): Promise<number> {
  const filter = letterFilter(flags, new Date());
  requireFilter(filter, flags.all === true);
  if (flags.because.trim() === "") throw new UsageError("--because: say why, for whoever looks later.");
  return withClickHouse(invocation, async (clickhouse) => {
    const discarded = await discardDeadLetters({ clickhouse, filter, reason: flags.because, worker: workerName() });
    const text = `${plural(discarded, "letter")} discarded.\n`;
    await invocation.terminal.write(flags.format === "json" ? `${JSON.stringify({ discarded })}\n` : text);
    return EXIT.ok;
  });
}

function workerName(): string {
  return `${hostname()}:${process.pid}`;
}

type Config = Awaited<ReturnType<typeof openConfig>>;

async function withClickHouse(
  invocation: Invocation,
  work: (clickhouse: ClickHouse, project: Project, config: Config) => Promise<number>,
): Promise<number> {
  const config = await openConfig(invocation);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    return await work(clickhouse, config.project, config);
  } catch (error) {
    throw invocation.signal.aborted ? new Interrupted() : error;
  } finally {
    await clickhouse.close();
  }
}
