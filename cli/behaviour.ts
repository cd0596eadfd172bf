import type { Command } from "commander";
import type { ClickHouse } from "../clickhouse/index.ts";
import type { Project } from "../model/index.ts";
import { arrowToParquet, type BehaviourAnswer, type BehaviourRequest } from "../queries/index.ts";
import { openClickHouse } from "./connections.ts";
import { EXIT } from "./exit-codes.ts";
import { ingestedUntil } from "./ingested-until.ts";
import { parseWatermark } from "./input/parse-watermark.ts";
import { rangeOf } from "./input/range-flags.ts";
import { openConfig, type Invocation } from "./invocation.ts";
import { columnsArrow, columnsCsv, type Columns } from "./output/columns-file.ts";
import { refuseBinaryOnTerminal, rowFormatOption, type RowFormat } from "./output/formats.ts";
import type { Terminal } from "./output/terminal.ts";

/** Flags of every command that asks about behaviour. */
export interface BehaviourFlags {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly zone?: string;
  readonly entity?: string;
  readonly asOf?: string;
  readonly format: RowFormat;
}

/** How the conditions of an event are written, for help texts. */
export const EVENT_HELP = 'its type, with conditions in quotes: "order.placed where amount >= 10 and country in (DE, AT)"';

/** Adds {@link BehaviourFlags} to a command. @param last the range when nothing is said */
export function behaviourOptions(command: Command, last = "30d"): Command {
  return command
    .option("--from <time>", "a date or time: 2026-11, 2026-11-27, 2026-11-27T09:30, or with a zone")
    .option("--to <time>", "the end, itself not counted (default: now)")
    .option("--last <duration>", `instead of --from: 24h, 30d, 12w … (default: ${last})`)
    .option("--entity <field>", "whose events are looked at together: a field that all the events have (default: subject)")
    .option("--zone <zone>", "IANA time zone of dates and periods (default: the project's)")
    .option("--as-of <watermark>", "count what the log held then: the JSON of an earlier answer, or a watermark")
    .addOption(rowFormatOption());
}

/** What a command does with the parts that all of them share. */
export interface BehaviourQuestion<Answer extends BehaviourAnswer> {
  /** The range when nothing is said. Default "30d". */
  readonly last?: string;
  readonly ask: (clickhouse: ClickHouse, project: Project, common: BehaviourRequest) => Promise<Answer>;
  readonly view: (answer: Answer, terminal: Terminal) => string;
  readonly columns: (answer: Answer) => Columns;
}

/** Asks a question about behaviour and writes the answer in the format wanted. @returns the exit code */
export async function answerBehaviour<Answer extends BehaviourAnswer>(
  invocation: Invocation,
  flags: BehaviourFlags,
  { ask, columns, last = "30d", view }: BehaviourQuestion<Answer>,
): Promise<number> {
  const { signal, terminal } = invocation;
  refuseBinaryOnTerminal(terminal, flags.format);
  const config = await openConfig(invocation);
  const timezone = flags.zone ?? config.project.timezone;
  const range = rangeOf(flags.from === undefined ? { last, ...flags } : flags, timezone, new Date());
  const asOf = flags.asOf === undefined ? undefined : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const until = asOf ? undefined : await ingestedUntil(invocation, config, clickhouse);
    const answer = await ask(clickhouse, config.project, {
      ...range,
      timezone,
      signal,
      ...(flags.entity === undefined ? {} : { entity: flags.entity }),
      ...(asOf ? { asOf } : {}),
      ...(until ? { ingestedUntil: until } : {}),
    });
    if (flags.format === "parquet") await terminal.writeAll(await arrowToParquet(clickhouse, await columnsArrow(columns(answer)), signal));
    else if (flags.format === "arrow") await terminal.write(await columnsArrow(columns(answer)));
    else if (flags.format === "csv") await terminal.write(columnsCsv(columns(answer)));
    else await terminal.write(flags.format === "json" ? `${JSON.stringify(answer)}\n` : view(answer, terminal));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}
