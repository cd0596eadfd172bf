import type { Command } from "commander";
import type { ClickHouse } from "../clickhouse/index.ts";
import type { Project, TimeRange } from "../model/index.ts";
import { arrowToParquet, type AsOf, type RowsAnswer } from "../queries/index.ts";
import { openClickHouse } from "./connections.ts";
import { EXIT } from "./exit-codes.ts";
import { ingestedUntil } from "./ingested-until.ts";
import { parseAsOf } from "./input/parse-as-of.ts";
import { rangeOf, rangeOptions, type RangeFlags } from "./input/range-flags.ts";
import { openConfig, type Invocation } from "./invocation.ts";
import { answerArrow, answerCsv } from "./output/answer-file.ts";
import { refuseBinaryOnTerminal, rowFormatOption, type RowFormat } from "./output/formats.ts";
import type { Terminal } from "./output/terminal.ts";

/** Flags of every command that asks about a range of time. */
export interface QuestionFlags extends RangeFlags {
  readonly zone?: string;
  readonly asOf?: string;
  readonly format: RowFormat;
}

/** Adds {@link QuestionFlags} to a command. @param last the range when nothing is said */
export function questionOptions(command: Command, last: string): Command {
  return rangeOptions(command, last)
    .option(
      "--as-of <state>",
      "count what the log held then: a time, a sequence, the JSON of an earlier answer, a watermark, or the name of a saved one",
    )
    .addOption(rowFormatOption());
}

/** What the flags say, as every request has it; the range in microseconds since 1970. */
export interface CommonRequest extends TimeRange {
  readonly timezone: string;
  readonly asOf?: AsOf;
}

/** What the caller of a question adds to it. */
interface Circumstances {
  readonly signal: AbortSignal;
  readonly ingestedUntil?: Date;
}

/** What a command does with the parts that all of them share. */
export interface Question<Request extends { readonly asOf?: AsOf }, Answer extends RowsAnswer> {
  /** The range when nothing is said. */
  readonly last: string;
  /** Made before anything is opened: what is wrong on the command line is told at once. */
  readonly request: (project: Project, common: CommonRequest) => Request;
  readonly ask: (clickhouse: ClickHouse, project: Project, request: Request & Circumstances) => Promise<Answer>;
  readonly view: (answer: Answer, terminal: Terminal) => string;
}

/** Asks a question and writes the answer in the format wanted. @returns the exit code */
export async function answerQuestion<Request extends { readonly asOf?: AsOf }, Answer extends RowsAnswer>(
  invocation: Invocation,
  flags: QuestionFlags,
  { ask, last, request, view }: Question<Request, Answer>,
): Promise<number> {
  const { signal, terminal } = invocation;
  refuseBinaryOnTerminal(terminal, flags.format);
  const config = await openConfig(invocation);
  const asked = request(config.project, await commonRequest(flags, config.project, last));
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  try {
    const until = asked.asOf === undefined ? await ingestedUntil(invocation, config, clickhouse) : undefined;
    const answer = await ask(clickhouse, config.project, { ...asked, signal, ...(until ? { ingestedUntil: until } : {}) });
    await writeAnswer(invocation, clickhouse, answer, flags.format, view);
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

/** Writes an answer in the format wanted. @param clickhouse turns it into Parquet */
export async function writeAnswer<Answer extends RowsAnswer>(
  { signal, terminal }: Invocation,
  clickhouse: ClickHouse,
  answer: Answer,
  format: RowFormat,
  view: (answer: Answer, terminal: Terminal) => string,
): Promise<void> {
  if (format === "text") await terminal.write(view(answer, terminal));
  else if (format === "json") await terminal.write(`${JSON.stringify(answer)}\n`);
  else if (format === "csv") await terminal.write(answerCsv(answer));
  else if (format === "arrow") await terminal.write(await answerArrow(answer));
  else await terminal.writeAll(await arrowToParquet(clickhouse, await answerArrow(answer), signal));
}

/** Reads the flags that all commands share. @throws UsageError if one makes no sense */
export async function commonRequest(flags: QuestionFlags, project: Project, last: string): Promise<CommonRequest> {
  const now = new Date();
  const timezone = flags.zone ?? project.timezone;
  const range = rangeOf(flags, timezone, now, last);
  return { ...range, timezone, ...(flags.asOf === undefined ? {} : { asOf: await parseAsOf(flags.asOf, timezone, now) }) };
}
