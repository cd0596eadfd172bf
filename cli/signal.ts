import { Option, type Command } from "commander";
import type { Project } from "../model/index.ts";
import { arrowToParquet, type SeasonChoice, type SignalRequest, type TrendRequest } from "../queries/index.ts";
import type { ClickHouse } from "../clickhouse/index.ts";
import { openClickHouse } from "./connections.ts";
import { EXIT } from "./exit-codes.ts";
import { ingestedUntil } from "./ingested-until.ts";
import { parsePairs } from "./input/parse-pairs.ts";
import { parseWatermark } from "./input/parse-watermark.ts";
import { grainFor, rangeOf } from "./input/range-flags.ts";
import { openConfig, type Invocation } from "./invocation.ts";
import { columnsArrow, columnsCsv, type Columns } from "./output/columns-file.ts";
import { collect, refuseBinaryOnTerminal, rowFormatOption, type RowFormat } from "./output/formats.ts";
import { typedDimension } from "./input/typed-dimension.ts";
import type { Terminal } from "./output/terminal.ts";

/** Flags of all commands that look at a trend or at market data. */
export interface SignalFlags {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly grain?: string;
  readonly by?: readonly string[];
  readonly where?: readonly string[];
  readonly zone?: string;
  readonly asOf?: string;
  readonly format: RowFormat;
}

/** Flags of commands that take the season out. */
export interface SeasonFlags extends SignalFlags {
  readonly season: SeasonChoice;
}

/** Adds the flags of the range, buckets, groups and format. */
export function signalOptions(command: Command): Command {
  return command
    .option("--from <time>", "a date or time: 2026-11, 2026-11-27, 2026-11-27T09:30, or with a zone")
    .option("--to <time>", "the end, itself not counted (default: now)")
    .option("--last <duration>", "instead of --from: 24h, 30d, 12w …")
    .option("--grain <grain>", '"5 minutes", hour, day, week, month, quarter, year … (default: what fits the range)')
    .option("--by <dimension>", "for each of its values; may be given more than once", collect)
    .option("--where <dimension=value>", "count only these events; again for another value or dimension; null = without it", collect)
    .option("--zone <zone>", "IANA time zone of the buckets (default: the project's)")
    .option("--as-of <watermark>", "count what the log held then: the JSON of an earlier answer, or a watermark")
    .addOption(rowFormatOption());
}

/** Adds `--season`. */
export function seasonOption(): Option {
  return new Option("--season <season>", "what repeats, by the clocks of the zone")
    .choices(["auto", "none", "day", "week", "year"])
    .default("auto");
}

/** What a command asks, and how its answer is shown. */
export interface Signal<Answer> {
  readonly ask: (clickhouse: ClickHouse, project: Project, request: SignalRequest) => Promise<Answer>;
  readonly view: (answer: Answer, terminal: Pick<Terminal, "paint" | "width">, project: Project) => string;
  readonly columns: (answer: Answer) => Columns;
  /** What is looked at when nothing is said. */
  readonly last: string;
}

/** Asks about a metric's trend, and writes the answer in the format asked for. */
export async function answerSignal<Answer extends object>(
  invocation: Invocation,
  name: string,
  flags: SignalFlags,
  { ask, columns, last, view }: Signal<Answer>,
): Promise<number> {
  const { terminal } = invocation;
  refuseBinaryOnTerminal(terminal, flags.format);
  const config = await openConfig(invocation);
  const { project } = config;
  const timezone = flags.zone ?? project.timezone;
  const spoken = flags.from === undefined && flags.last === undefined ? { ...flags, last } : flags;
  const range = rangeOf(spoken, timezone, new Date());
  const asOf = flags.asOf === undefined ? undefined : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const until = asOf ? undefined : await ingestedUntil(invocation, config, clickhouse);
    const answer = await ask(clickhouse, project, {
      metric: name,
      ...range,
      grain: flags.grain ?? grainFor(range),
      timezone,
      groupBy: (flags.by ?? []).flatMap((names) => names.split(",")),
      filter: filterOf(project, name, flags.where),
      signal: invocation.signal,
      ...(asOf ? { asOf } : {}),
      ...(until ? { ingestedUntil: until } : {}),
    });
    await writeAnswer(invocation, flags.format, clickhouse, {
      json: answer,
      text: () => view(answer, terminal, project),
      columns: () => columns(answer),
    });
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

/** Writes an answer in a format. */
export async function writeAnswer(
  { signal, terminal }: Invocation,
  format: RowFormat,
  clickhouse: ClickHouse,
  { columns, json, text }: { readonly json: object; readonly text: () => string; readonly columns: () => Columns },
): Promise<void> {
  if (format === "json") await terminal.write(`${JSON.stringify(json)}\n`);
  else if (format === "csv") await terminal.write(columnsCsv(columns()));
  else if (format === "arrow") await terminal.write(await columnsArrow(columns()));
  else if (format === "parquet") await terminal.writeAll(await arrowToParquet(clickhouse, await columnsArrow(columns()), signal));
  else await terminal.write(text());
}

/** Conditions on a metric's dimensions, typed as those are. */
export function filterOf(project: Project, name: string, where: readonly string[] | undefined): NonNullable<TrendRequest["filter"]> {
  const metric = project.metrics.find((candidate) => candidate.name === name);
  const filter: Record<string, ReturnType<typeof typedDimension>[]> = {};
  for (const [dimension, value] of parsePairs("--where", where)) (filter[dimension] ??= []).push(typedDimension(metric, dimension, value));
  return filter;
}
