import { Command, Option } from "commander";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { isDerived, partsOf, type EventDefinition, type Project } from "../../model/index.ts";
import { arrowToParquet, explainTrend, trend, type Fill, type TrendAnswer, type TrendRequest } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { ingestedUntil } from "../ingested-until.ts";
import { parseAsOf } from "../input/parse-as-of.ts";
import { parseWhere } from "../input/parse-where.ts";
import { grainFor, rangeOf, type RangeFlags } from "../input/range-flags.ts";
import { valueFlags, type ValueFlags } from "../input/value-flags.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { collect, refuseBinaryOnTerminal, rowFormatOption, wholeNumber, type RowFormat } from "../output/formats.ts";
import { explanationView } from "../output/explanation-view.ts";
import { trendArrow, trendCsv } from "../output/trend-files.ts";
import { trendView } from "../output/trend-view.ts";

interface Flags extends RangeFlags, ValueFlags {
  readonly since?: string;
  readonly grain?: string;
  readonly by?: readonly string[];
  readonly top?: number;
  readonly topBy?: string;
  readonly where?: readonly string[];
  readonly zone?: string;
  readonly compare?: string;
  readonly fill?: Fill;
  readonly asOf?: string;
  readonly raw?: boolean;
  readonly explain?: boolean;
  readonly chart: boolean;
  readonly table: boolean;
  readonly format: RowFormat;
}

const EXAMPLES = `
Examples:
  hydrograph trend orders --last 30d --grain day
  hydrograph trend orders revenue --by country --top 5 --compare week --moving-average 7 --where "amount>10"
  hydrograph trend revenue --from 2026-11 --to 2026-12 --by country --where currency=EUR --zone Europe/Berlin
  hydrograph trend orders --during today --grain hour --compare day
  hydrograph trend orders --last 24h --explain
  hydrograph trend orders --as-of yesterday --last 24h --format csv > orders.csv`;

/** `hydrograph trend`: metrics over time. */
export function trendCommand(act: Act): Command {
  const command = new Command("trend")
    .description("Show how metrics changed: every bucket of the range, with what is known of it, from the rollups or the raw events.")
    .argument("<metrics...>", "their names in the config: metrics, ratios and formulas");
  return withValues(withRange(command))
    .option("--as-of <state>", "count what the log held then: a time, a sequence, the JSON of an earlier answer, or a watermark")
    .option("--raw", "read the raw events, even where the rollup would do")
    .option("--explain", "tell how it would be answered instead: tables, rows to read, SQL, and why so (text or json)")
    .option("--no-chart", "leave out the chart")
    .option("--no-table", "leave out the table")
    .addOption(rowFormatOption())
    .addHelpText("after", EXAMPLES)
    .action(act(showTrend));
}

function withRange(command: Command): Command {
  return command
    .option("--from <time>", "a date or time: 2026-11, 2026-11-27, 2026-11-27T09:30, or with a zone; yesterday, 3 days ago")
    .addOption(new Option("--since <time>", "the same").conflicts("from"))
    .option("--to <time>", "the end, itself not counted (default: now)")
    .option("--last <length>", "instead of --from: 24h, 30d, 12w, 3 months …, or the last whole week, month … (default: 7d)")
    .option("--during <period>", 'instead of them: today, yesterday, "this month", "last week", 2026-11 …')
    .option("--grain <grain>", '"5 minutes", hour, day, week, "week from sunday", month, quarter … (default: what fits the range)')
    .option("--zone <zone>", "IANA time zone of the buckets (default: the project's)");
}

function withValues(command: Command): Command {
  return command
    .option("--by <dimension>", "one series for each of its values; may be given more than once", collect)
    .addOption(
      new Option("--top <groups>", "only so many series, those with the greatest first metric, and all others as one").argParser(
        wholeNumber,
      ),
    )
    .option("--top-by <metric>", "rank the groups by this metric instead")
    .option(
      "--where <condition>",
      'count only these events: country=DE (again: or), country!=DE, "amount>10", gift=null (without it); any field of the event',
      collect,
    )
    .option("--compare <period>", 'beside another period: previous, day, week, "52 weeks", month, year (ago)')
    .addOption(new Option("--moving-average <buckets>", "each value: the mean of the last so many buckets").argParser(wholeNumber))
    .addOption(new Option("--rolling <buckets>", "each value: the last so many buckets together, a moving sum").argParser(wholeNumber))
    .option("--cumulative", "each value: all of the range so far")
    .option("--difference", "show what values grew by since the bucket before")
    .option("--growth", "the same in percent")
    .option("--rate", "show counts and sums per second")
    .addOption(new Option("--fill <fill>", "what an empty bucket shows").choices(["none", "zero", "previous", "linear"]));
}

async function showTrend(invocation: Invocation, names: readonly string[], flags: Flags): Promise<number> {
  refuseBinaryOnTerminal(invocation.terminal, flags.format);
  if (flags.explain === true && flags.format !== "text" && flags.format !== "json")
    throw new UsageError(`--explain tells in text or json, not in ${flags.format}.`);
  const config = await openConfig(invocation);
  const now = new Date();
  const request = await requestOf(config.project, names, flags, now);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    if (flags.explain === true) return await explain(invocation, clickhouse, config.project, request, flags);
    const until = request.asOf === undefined ? await ingestedUntil(invocation, config, clickhouse) : undefined;
    const signal = { signal: invocation.signal, ...(until ? { ingestedUntil: until } : {}) };
    const answer = await trend(clickhouse, config.project, { ...request, ...signal });
    if (flags.format === "parquet") {
      await invocation.terminal.writeAll(await arrowToParquet(clickhouse, await trendArrow(answer), invocation.signal));
    } else await invocation.terminal.write(await render(answer, invocation, flags));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

async function explain(
  { signal, terminal }: Invocation,
  clickhouse: ClickHouse,
  project: Project,
  request: TrendRequest,
  { format }: Flags,
): Promise<number> {
  const explanation = await explainTrend(clickhouse, project, { ...request, signal });
  await terminal.write(format === "json" ? `${JSON.stringify(explanation)}\n` : explanationView(explanation));
  return EXIT.ok;
}

async function requestOf(project: Project, names: readonly string[], flags: Flags, now: Date): Promise<TrendRequest> {
  const timezone = flags.zone ?? project.timezone;
  const { since, ...named } = flags;
  const range = rangeOf(since === undefined ? named : { ...named, from: since }, timezone, now);
  const [only] = names.length === 1 ? names : [];
  return {
    metric: only ?? names,
    ...range,
    grain: flags.grain ?? grainFor(range),
    timezone,
    groupBy: (flags.by ?? []).flatMap((dimensions) => dimensions.split(",")),
    filter: parseWhere(flags.where, eventsOf(project, names)),
    ...valueFlags(flags),
    ...(flags.top === undefined ? {} : { top: flags.topBy === undefined ? flags.top : { groups: flags.top, by: flags.topBy } }),
    ...(flags.compare === undefined ? {} : { compare: flags.compare }),
    ...(flags.fill === undefined ? {} : { fill: flags.fill }),
    ...(flags.raw === true ? { source: "raw" } : {}),
    ...(flags.asOf === undefined ? {} : { asOf: await parseAsOf(flags.asOf, timezone, now) }),
  };
}

/** The events behind metrics; unknown ones have none, and the query says so. */
function eventsOf({ derived, metrics }: Project, names: readonly string[]): EventDefinition[] {
  const asked = [...metrics, ...derived].filter(({ name }) => names.includes(name));
  return asked.flatMap((metric) => (isDerived(metric) ? Object.values(partsOf(metric)).map(({ event }) => event) : [metric.event]));
}

async function render(answer: TrendAnswer, { terminal }: Invocation, flags: Flags): Promise<string | Uint8Array> {
  if (flags.format === "json") return `${JSON.stringify(answer)}\n`;
  if (flags.format === "csv") return trendCsv(answer);
  if (flags.format === "arrow") return trendArrow(answer);
  return trendView(answer, terminal, { chart: flags.chart, table: flags.table, source: true });
}
