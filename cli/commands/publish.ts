import { stat } from "node:fs/promises";
import { Command } from "commander";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { openJetStream } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { parseEvent } from "../input/parse-event.ts";
import { openLines, type LineSource } from "../input/read-lines.ts";
import { eventMessage, type OutgoingMessage, type PublishSummary } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { reportFormatOption } from "../output/formats.ts";
import { plural, showNumber, showSeconds } from "../output/numbers.ts";
import { startProgress, type Progress } from "../output/progress.ts";

/** After this many broken lines the rest is counted without a line each: a file of another kind would fill the screen. */
const SHOWN_BROKEN_LINES = 20;

interface Flags {
  readonly strict?: boolean;
  readonly format: "text" | "json";
}

/** `hydrograph publish`: events from a file into JetStream. */
export function publishCommand(act: Act): Command {
  return new Command("publish")
    .description("Publish CloudEvents from a file, one JSON object a line; gzip is recognized.")
    .argument("<file>", 'the file, or "-" for standard input')
    .option("--strict", "stop at the first broken line; without it, broken lines are reported and left out")
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph publish events.ndjson.gz\n  zcat events.ndjson.gz | hydrograph publish - --strict\n\nPublishing a file again adds nothing while JetStream remembers the ids (duplicateWindow, 2 minutes unless the config says more).",
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
  const broken = new BrokenLines(invocation, file, flags.strict === true);
  try {
    await jetstream.ensureStreams(config.project.streams);
    const summary = await jetstream.publish(messagesOf(source, config.project, broken, invocation.signal), {
      onProgress: (counts) => showProgress(progress, counts, source, size),
    });
    progress.finish();
    await report(invocation, flags, { ...summary, broken: broken.count, seconds: (performance.now() - started) / 1_000 });
    if (invocation.signal.aborted) return EXIT.interrupted;
    if (broken.count > 0) return EXIT.usage;
    return summary.failed > 0 ? EXIT.failure : EXIT.ok;
  } finally {
    progress.finish();
    await jetstream.close();
  }
}

/** Reports lines that are no events, as they come. */
class BrokenLines {
  count = 0;
  readonly #invocation: Invocation;
  readonly #file: string;
  readonly #strict: boolean;

  constructor(invocation: Invocation, file: string, strict: boolean) {
    this.#invocation = invocation;
    this.#file = file === "-" ? "standard input" : file;
    this.#strict = strict;
  }

  /** Notes a broken line. @returns whether to go on */
  add(line: number, problem: string): boolean {
    this.count += 1;
    const { terminal } = this.#invocation;
    if (this.count <= SHOWN_BROKEN_LINES)
      terminal.note(`hydrograph: ${this.#file}: line ${line}: ${problem}${this.#strict ? "; stopped here (--strict)" : "; left out"}.`);
    if (this.count === SHOWN_BROKEN_LINES + 1) terminal.note("hydrograph: … more broken lines are counted, not listed.");
    return !this.#strict;
  }
}

async function* messagesOf(
  source: LineSource,
  project: Project,
  broken: BrokenLines,
  signal: AbortSignal,
): AsyncGenerator<OutgoingMessage> {
  for await (const line of source.lines) {
    if (signal.aborted) return;
    if (line.bytes.length === 0 && line.problem === undefined) continue;
    const event = line.problem === undefined ? parseEvent(line.bytes) : { problem: line.problem };
    if ("problem" in event) {
      if (broken.add(line.number, event.problem)) continue;
      return;
    }
    // The line itself is the payload: making JSON again would lose digits of integers beyond 2^53.
    yield { ...eventMessage(project, event), payload: line.bytes };
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  if (file === "-") return undefined;
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new UsageError(`${file}: there is no such file.`);
  if (found.isDirectory()) throw new UsageError(`${file}: this is a folder, a file is needed.`);
  return found.size;
}

function showProgress(progress: Progress, counts: PublishSummary, source: LineSource, size: number | undefined): void {
  const done = counts.published + counts.duplicates + counts.failed;
  progress.update(done, size ? `${Math.floor((source.bytesRead() / size) * 100)} % of the file` : "");
}

async function report({ terminal }: Invocation, flags: Flags, counts: PublishSummary & { broken: number; seconds: number }): Promise<void> {
  if (flags.format === "json") {
    await terminal.write(`${JSON.stringify(counts)}\n`);
    return;
  }
  const total = counts.published + counts.duplicates;
  await terminal.write(
    `Published ${plural(counts.published, "event")} in ${showSeconds(counts.seconds)} (${showNumber(Math.round(total / counts.seconds))}/s); ` +
      `${plural(counts.duplicates, "duplicate")} known to JetStream, ${showNumber(counts.failed)} refused, ${plural(counts.broken, "broken line")} left out.\n`,
  );
  if (counts.firstFailure !== undefined) terminal.note(`hydrograph: ${counts.firstFailure}`);
}
