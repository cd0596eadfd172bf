import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { openJetStream } from "../connections.ts";
import { CommandFailure, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { BrokenLines } from "../input/broken-lines.ts";
import { parseEvent } from "../input/parse-event.ts";
import { openLines, type LineSource } from "../input/read-lines.ts";
import { locateData } from "../../ingest/index.ts";
import {
  eventMessage,
  type EventMessageOptions,
  type JetStream,
  type OutgoingMessage,
  type PublishSummary,
} from "../../jetstream/index.ts";
import type { CloudEvent, Project } from "../../model/index.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural, showNumber, showSeconds } from "../output/numbers.ts";
import { printable } from "../output/table.ts";
import { startProgress, type Progress } from "../output/progress.ts";

/** Undeclared types that are told, a line each. */
const SHOWN_UNDECLARED = 5;
/** Undeclared types that are counted, so that a file with a type a line takes no memory. */
const MOST_UNDECLARED = 1_000;

interface Flags {
  readonly strict?: boolean;
  readonly mode: "structured" | "binary";
  readonly format: "text" | "json";
}

/** `hydrograph publish`: events from a file into JetStream. */
export function publishCommand(act: Act): Command {
  return new Command("publish")
    .description("Publish CloudEvents from a file, one JSON object a line; gzip is recognized.")
    .argument("<file>", 'the file, or "-" for standard input')
    .option("--strict", "stop at the first broken line; without it, broken lines are reported and left out")
    .addOption(
      new Option("--mode <mode>", "how CloudEvents are sent: whole as JSON, or attributes as headers and data as the payload")
        .choices(["structured", "binary"])
        .default("structured"),
    )
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph publish events.ndjson.gz\n  zcat events.ndjson.gz | hydrograph publish - --strict\n  hydrograph publish events.ndjson --mode binary\n\nPublishing a file again adds nothing while JetStream remembers the ids (duplicateWindow, 2 minutes unless the config says more).",
    )
    .action(act(publish));
}

async function publish(invocation: Invocation, file: string, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const size = await sizeOf(file);
  const jetstream = await openJetStream(invocation, config);
  const started = performance.now();
  const source = openLines(file, invocation.signal);
  const progress = startProgress(invocation.terminal, { what: "Publishing", unit: "event" });
  const undeclared = new Map<string, number>();
  const broken = new BrokenLines(invocation, file, flags.strict === true);
  try {
    await jetstream.ensureStreams(config.project.streams);
    const messages = messagesOf(source, config.project, { broken, undeclared }, flags.mode, invocation.signal);
    const summary = await send(jetstream, messages, invocation.signal, (counts) => showProgress(progress, counts, source, size));
    progress.finish();
    tellUndeclared(invocation, config.project, undeclared);
    await report(invocation, flags, { ...summary, broken: broken.count, seconds: (performance.now() - started) / 1_000 });
    if (invocation.signal.aborted) return EXIT.interrupted;
    if (broken.count > 0) return EXIT.usage;
    return summary.failed > 0 ? EXIT.failure : EXIT.ok;
  } finally {
    progress.finish();
    await jetstream.close();
  }
}

/** Publishes to the end, to a failure, whose sentence then says how far it came, or to the signal, which is no failure. */
async function send(
  jetstream: JetStream,
  messages: AsyncIterable<OutgoingMessage>,
  signal: AbortSignal,
  onProgress: (counts: PublishSummary) => void,
): Promise<PublishSummary> {
  let counts: PublishSummary = { published: 0, duplicates: 0, failed: 0, unknown: 0 };
  const keep = (latest: PublishSummary): void => {
    counts = latest;
    onProgress(latest);
  };
  try {
    return await jetstream.publish(messages, { signal, onProgress: keep });
  } catch (error) {
    if (signal.aborted) return counts;
    if (!(error instanceof Error) || handled(counts) === 0) throw error;
    throw new CommandFailure(`${error.message} Before that: ${showCounts(counts)}.`, { cause: error });
  }
}

function handled({ duplicates, failed, published, unknown }: PublishSummary): number {
  return published + duplicates + failed + unknown;
}

function showCounts({ duplicates, failed, published, unknown }: PublishSummary): string {
  const unanswered = unknown === 0 ? "" : `, ${showNumber(unknown)} sent and not answered`;
  return `${plural(published, "event")} published, ${plural(duplicates, "duplicate")} known to JetStream, ${showNumber(failed)} refused${unanswered}`;
}

async function* messagesOf(
  source: LineSource,
  project: Project,
  { broken, undeclared }: { readonly broken: BrokenLines; readonly undeclared: Map<string, number> },
  mode: Flags["mode"],
  signal: AbortSignal,
): AsyncGenerator<OutgoingMessage> {
  const declared = new Set(project.events.map(({ type }) => type));
  for await (const line of source.lines) {
    if (signal.aborted) return;
    if (line.bytes.length === 0 && line.problem === undefined) continue;
    const event = line.problem === undefined ? parseEvent(line.bytes) : { problem: line.problem };
    if ("problem" in event) {
      if (broken.add(line.number, event.problem)) continue;
      return;
    }
    if (!declared.has(event.type) && (undeclared.size < MOST_UNDECLARED || undeclared.has(event.type)))
      undeclared.set(event.type, (undeclared.get(event.type) ?? 0) + 1);
    // The payload is made of the line itself: making JSON again would lose digits of integers beyond 2^53.
    yield eventMessage(project, event, mode === "binary" ? binaryOptions(line.bytes, event) : { json: line.bytes });
  }
}

/** Says which events no metric can count: a misspelt type is stored like any other, and would be missed only in the numbers. */
function tellUndeclared({ terminal }: Invocation, project: Project, undeclared: ReadonlyMap<string, number>): void {
  const types = project.events.map(({ type }) => type);
  const declares = types.length > SHOWN_UNDECLARED ? "" : ` (it declares ${types.join(", ")})`;
  for (const [type, count] of [...undeclared].slice(0, SHOWN_UNDECLARED)) {
    const [have, it] = count === 1 ? ["has", "it is"] : ["have", "they are"];
    const them = count === 1 ? "it" : "them";
    terminal.note(
      `hydrograph: ${plural(count, "event")} ${have} the type ${shortType(type)}, which the config does not declare${declares}: ${it} stored, but no metric counts ${them}.`,
    );
  }
  if (undeclared.size > SHOWN_UNDECLARED) terminal.note("hydrograph: … and more types that the config does not declare.");
}

function shortType(type: string): string {
  return printable(type.length > 100 ? `${type.slice(0, 100)}…` : type);
}

/** An attribute that is there twice stays so, for ingest to see: only JSON can hold it. */
function binaryOptions(line: Buffer, event: CloudEvent): EventMessageOptions {
  const { data, members } = locateData(line);
  if (members !== Object.keys(event).length) return { json: line };
  return { mode: "binary", json: line, ...(data ? { dataJson: data } : {}) };
}

async function sizeOf(file: string): Promise<number | undefined> {
  if (file === "-") return undefined;
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new UsageError(`${file}: there is no such file.`);
  if (found.isDirectory()) throw new UsageError(`${file}: this is a folder, a file is needed.`);
  return found.size;
}

function showProgress(progress: Progress, counts: PublishSummary, source: LineSource, size: number | undefined): void {
  progress.update(handled(counts), size ? `${Math.floor((source.bytesRead() / size) * 100)} % of the file` : "");
}

async function report(
  { signal, terminal }: Invocation,
  flags: Flags,
  counts: PublishSummary & { broken: number; seconds: number },
): Promise<void> {
  if (flags.format === "json") {
    await terminal.write(`${JSON.stringify(counts)}\n`);
    return;
  }
  const lines =
    counts.broken === 0 ? "no broken lines" : flags.strict === true ? "1 broken line" : `${plural(counts.broken, "broken line")} left out`;
  const rate = showNumber(Math.round((counts.published + counts.duplicates) / counts.seconds));
  await terminal.write(`Done in ${showSeconds(counts.seconds)} (${rate}/s): ${showCounts(counts)}, ${lines}.\n`);
  if (signal.aborted) {
    terminal.note(
      `Interrupted after ${plural(counts.published + counts.duplicates, "event")}: publish the file again within the stream's duplicate window to go on without repeating any.`,
    );
  }
  if (counts.firstFailure !== undefined) terminal.note(`hydrograph: ${counts.firstFailure}`);
}
