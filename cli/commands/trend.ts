import { Command, Option } from "commander";
import { resolveField, type Metric, type Project } from "../../model/index.ts";
import { arrowToParquet, trend, type DimensionValue, type Fill, type TrendAnswer } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { ingestedUntil } from "../ingested-until.ts";
import { grainFor, rangeOf } from "../input/range-flags.ts";
import { parsePairs } from "../input/parse-pairs.ts";
import { parseWatermark } from "../input/parse-watermark.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { collect, refuseBinaryOnTerminal, rowFormatOption, type RowFormat } from "../output/formats.ts";
import { trendArrow, trendCsv } from "../output/trend-files.ts";
import { trendView } from "../output/trend-view.ts";

interface Flags {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly grain?: string;
  readonly by?: readonly string[];
  readonly where?: readonly string[];
  readonly zone?: string;
  readonly fill?: Fill;
  readonly asOf?: string;
  readonly raw?: boolean;
  readonly chart: boolean;
  readonly table: boolean;
  readonly format: RowFormat;
}

/** `hydrograph trend`: a metric over time. */
export function trendCommand(act: Act): Command {
  return new Command("trend")
    .description("Show how a metric changed: every bucket of the range, with what is known of it, from the rollup or the raw events.")
    .argument("<metric>", "its name in the config")
    .option("--from <time>", "a date or time: 2026-11, 2026-11-27, 2026-11-27T09:30, or with a zone")
    .option("--to <time>", "the end, itself not counted (default: now)")
    .option("--last <duration>", "instead of --from: 24h, 30d, 12w … (default: 7d)")
    .option("--grain <grain>", '"5 minutes", hour, day, week, month, quarter, year … (default: what fits the range)')
    .option("--by <dimension>", "one series for each of its values; may be given more than once", collect)
    .option("--where <dimension=value>", "count only these events; again for another value or dimension; null = without it", collect)
    .option("--zone <zone>", "IANA time zone of the buckets (default: the project's)")
    .addOption(new Option("--fill <fill>", "what an empty bucket shows").choices(["none", "zero", "previous", "linear"]))
    .option("--as-of <watermark>", "count what the log held then: the JSON of an earlier answer, or a watermark")
    .option("--raw", "read the raw events, even where the rollup would do")
    .option("--no-chart", "leave out the chart")
    .option("--no-table", "leave out the table")
    .addOption(rowFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph trend orders --last 30d --grain day\n" +
        "  hydrograph trend revenue --from 2026-11 --to 2026-12 --by country --where currency=EUR --zone Europe/Berlin\n" +
        "  hydrograph trend orders --last 24h --format csv > orders.csv",
    )
    .action(act(showTrend));
}

async function showTrend(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  refuseBinaryOnTerminal(invocation.terminal, flags.format);
  const config = await openConfig(invocation);
  const { project } = config;
  const metric = project.metrics.find((candidate) => candidate.name === name);
  const timezone = flags.zone ?? project.timezone;
  const range = rangeOf(flags, timezone, new Date());
  const filter = filterOf(metric, flags.where);
  const asOf = flags.asOf === undefined ? undefined : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const until = asOf ? undefined : await ingestedUntil(invocation, config, clickhouse);
    const answer = await trend(clickhouse, project, {
      metric: name,
      ...range,
      grain: flags.grain ?? grainFor(range),
      timezone,
      groupBy: (flags.by ?? []).flatMap((names) => names.split(",")),
      filter,
      signal: invocation.signal,
      ...(flags.fill === undefined ? {} : { fill: flags.fill }),
      ...(flags.raw === true ? { source: "raw" } : {}),
      ...(asOf ? { asOf } : {}),
      ...(until ? { ingestedUntil: until } : {}),
    });
    if (flags.format === "parquet") {
      await invocation.terminal.writeAll(await arrowToParquet(clickhouse, await trendArrow(answer), invocation.signal));
    } else await invocation.terminal.write(await render(answer, invocation, flags, project));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

async function render(answer: TrendAnswer, { terminal }: Invocation, flags: Flags, { metrics }: Project): Promise<string | Uint8Array> {
  if (flags.format === "json") return `${JSON.stringify(answer)}\n`;
  if (flags.format === "csv") return trendCsv(answer);
  if (flags.format === "arrow") return trendArrow(answer);
  const metric = metrics.find(({ name }) => name === answer.metric);
  return trendView(answer, terminal, { metric, chart: flags.chart, table: flags.table, source: true });
}

/** Values typed as the dimension is; what does not fit stays text, and the query says what it should be. */
function filterOf(metric: Metric | undefined, where: readonly string[] | undefined): Record<string, DimensionValue[]> {
  const filter: Record<string, DimensionValue[]> = {};
  for (const [dimension, value] of parsePairs("--where", where)) (filter[dimension] ??= []).push(typed(metric, dimension, value));
  return filter;
}

function typed(metric: Metric | undefined, dimension: string, value: string): DimensionValue {
  if (value === "null") return null;
  const field = metric?.dimensions.includes(dimension) === true ? resolveField(metric.event, dimension) : undefined;
  if (!field || "problem" in field) return value;
  if (field.type === "boolean" && /^(true|false)$/.test(value)) return value === "true";
  if (field.type === "integer") return Number.isSafeInteger(Number(value)) && value.trim() !== "" ? Number(value) : value;
  return field.type === "number" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}
