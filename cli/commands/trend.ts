import { Command, Option } from "commander";
import type { Project } from "../../model/index.ts";
import { explainTrend, trend, type Fill, type TrendRequest } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { eventsOfMetrics } from "../input/events-of-metrics.ts";
import { parseWhere } from "../input/parse-where.ts";
import { grainFor } from "../input/range-flags.ts";
import { dimensionsOf, whereOption } from "../input/signal-flags.ts";
import { valueFlags, type ValueFlags } from "../input/value-flags.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { answerQuestion, commonRequest, questionOptions, type CommonRequest, type QuestionFlags } from "../question.ts";
import { explanationView } from "../output/explanation-view.ts";
import { collect, wholeNumber } from "../output/formats.ts";
import { trendView } from "../output/trend-view.ts";

interface Flags extends QuestionFlags, ValueFlags {
  readonly grain?: string;
  readonly by?: readonly string[];
  readonly top?: number;
  readonly topBy?: string;
  readonly where?: readonly string[];
  readonly compare?: string;
  readonly fill?: Fill;
  readonly raw?: boolean;
  readonly explain?: boolean;
  readonly chart: boolean;
  readonly table: boolean;
}

const EXAMPLES = `
Examples:
  hydrograph trend orders --last 30d --grain day
  hydrograph trend orders revenue --by country --top 5 --compare week --moving-average 7 --where "amount>10"
  hydrograph trend revenue --from 2026-11 --to 2026-12 --by country --where currency=EUR --zone Europe/Berlin
  hydrograph trend orders --during today --grain hour --compare day
  hydrograph trend orders --last 24h --explain
  hydrograph trend orders --as-of yesterday --last 24h --format csv > orders.csv`;

const LAST = "7d";

/** `hydrograph trend`: metrics over time. */
export function trendCommand(act: Act): Command {
  const command = new Command("trend")
    .description("Show how metrics changed: every bucket of the range, with what is known of it, from the rollups or the raw events.")
    .argument("<metrics...>", "their names in the config: metrics, ratios and formulas");
  return questionOptions(withValues(command), LAST)
    .option("--raw", "read the raw events, even where the rollup would do")
    .option("--explain", "tell how it would be answered instead: tables, rows to read, SQL, and why so (text or json)")
    .option("--no-chart", "leave out the chart")
    .option("--no-table", "leave out the table")
    .addHelpText("after", EXAMPLES)
    .action(act(showTrend));
}

function withValues(command: Command): Command {
  return command
    .option("--grain <grain>", '"5 minutes", hour, day, week, "week from sunday", month, quarter … (default: what fits the range)')
    .option("--by <dimension>", "one series for each of its values; may be given more than once", collect)
    .addOption(
      new Option("--top <groups>", "only so many series, those with the greatest first metric, and all others as one").argParser(
        wholeNumber,
      ),
    )
    .option("--top-by <metric>", "rank the groups by this metric instead")
    .addOption(whereOption())
    .option("--compare <period>", 'beside another period: previous, day, week, "52 weeks", month, year (ago)')
    .addOption(new Option("--moving-average <buckets>", "each value: the mean of the last so many buckets").argParser(wholeNumber))
    .addOption(new Option("--rolling <buckets>", "each value: the last so many buckets together, a moving sum").argParser(wholeNumber))
    .option("--cumulative", "each value: all of the range so far")
    .option("--difference", "show what values grew by since the bucket before")
    .option("--growth", "the same in percent")
    .option("--rate", "show counts and sums per second")
    .addOption(new Option("--fill <fill>", "what an empty bucket shows").choices(["none", "zero", "previous", "linear"]));
}

function showTrend(invocation: Invocation, names: readonly string[], flags: Flags): Promise<number> {
  if (flags.explain === true) return explain(invocation, names, flags);
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: trend,
    request: (project, common) => requestOf(project, names, flags, common),
    view: (answer, terminal) => trendView(answer, terminal, { chart: flags.chart, table: flags.table, source: true }),
  });
}

async function explain(invocation: Invocation, names: readonly string[], flags: Flags): Promise<number> {
  const { format } = flags;
  if (format !== "text" && format !== "json") throw new UsageError(`--explain tells in text or json, not in ${format}.`);
  const { signal, terminal } = invocation;
  const config = await openConfig(invocation);
  const request = requestOf(config.project, names, flags, await commonRequest(flags, config.project, LAST));
  const clickhouse = await openClickHouse(invocation, config, { mayTakeLong: true });
  try {
    const explanation = await explainTrend(clickhouse, config.project, { ...request, signal });
    await terminal.write(format === "json" ? `${JSON.stringify(explanation)}\n` : explanationView(explanation));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

function requestOf(project: Project, names: readonly string[], flags: Flags, common: CommonRequest): TrendRequest {
  const [only] = names.length === 1 ? names : [];
  return {
    metric: only ?? names,
    ...common,
    grain: flags.grain ?? grainFor(common),
    groupBy: dimensionsOf(flags.by ?? []),
    filter: parseWhere(flags.where, eventsOfMetrics(project, names)),
    ...valueFlags(flags),
    ...(flags.top === undefined ? {} : { top: flags.topBy === undefined ? flags.top : { groups: flags.top, by: flags.topBy } }),
    ...(flags.compare === undefined ? {} : { compare: flags.compare }),
    ...(flags.fill === undefined ? {} : { fill: flags.fill }),
    ...(flags.raw === true ? { source: "raw" } : {}),
  };
}
