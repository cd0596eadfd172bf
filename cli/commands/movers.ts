import { Command, Option } from "commander";
import { movers } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { parseInstant, rangeOf } from "../input/range-flags.ts";
import { parseWatermark } from "../input/parse-watermark.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { collect, refuseBinaryOnTerminal, rowFormatOption, wholeNumber } from "../output/formats.ts";
import { moversColumns, moversView } from "../output/movers-view.ts";
import { filterOf, writeAnswer, type SignalFlags } from "../signal.ts";

interface Flags extends Omit<SignalFlags, "grain"> {
  readonly beforeFrom?: string;
  readonly beforeTo?: string;
  readonly limit: number;
}

/** `hydrograph movers`: which groups made a metric change. */
export function moversCommand(act: Act): Command {
  return new Command("movers")
    .description("Show which values of a dimension made a metric change from the period before, and how much of the change each made.")
    .argument("<metric>", "its name in the config")
    .addOption(
      new Option("--by <dimension>", "for each of its values; may be given more than once").argParser(collect).makeOptionMandatory(),
    )
    .option("--from <time>", "a date or time: 2026-11, 2026-11-27, 2026-11-27T09:30, or with a zone")
    .option("--to <time>", "the end, itself not counted (default: now)")
    .option("--last <duration>", "instead of --from: 24h, 30d, 12w … (default: 7d)")
    .option("--before-from <time>", "the period to compare with (default: as long, right before)")
    .option("--before-to <time>", "its end, itself not counted")
    .option("--where <dimension=value>", "count only these events; again for another value or dimension; null = without it", collect)
    .option("--zone <zone>", "IANA time zone of the times (default: the project's)")
    .option("--as-of <watermark>", "count what the log held then: the JSON of an earlier answer, or a watermark")
    .option("--limit <groups>", "how many to show", wholeNumber, 20)
    .addOption(rowFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph movers revenue --by country --last 7d\n" +
        "  hydrograph movers orders --by country,device --from 2026-11-27 --to 2026-11-28 --before-from 2026-11-20 --before-to 2026-11-21",
    )
    .action(act(showMovers));
}

async function showMovers(invocation: Invocation, name: string, flags: Flags & { readonly by: readonly string[] }): Promise<number> {
  refuseBinaryOnTerminal(invocation.terminal, flags.format);
  const config = await openConfig(invocation);
  const { project } = config;
  const timezone = flags.zone ?? project.timezone;
  const range = rangeOf(flags, timezone, new Date());
  const before = beforeOf(flags, timezone);
  const asOf = flags.asOf === undefined ? undefined : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const answer = await movers(clickhouse, project, {
      metric: name,
      ...range,
      timezone,
      groupBy: flags.by.flatMap((names) => names.split(",")),
      filter: filterOf(project, name, flags.where),
      limit: flags.limit,
      signal: invocation.signal,
      ...(before ? { before } : {}),
      ...(asOf ? { asOf } : {}),
    });
    await writeAnswer(invocation, flags.format, clickhouse, {
      json: answer,
      text: () => moversView(answer, invocation.terminal),
      columns: () => moversColumns(answer),
    });
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}

function beforeOf({ beforeFrom, beforeTo }: Flags, zone: string): { from: number; to: number } | undefined {
  if (beforeFrom === undefined && beforeTo === undefined) return undefined;
  if (beforeFrom === undefined || beforeTo === undefined) throw new UsageError("Give both --before-from and --before-to, or neither.");
  return { from: parseInstant(beforeFrom, zone, "--before-from"), to: parseInstant(beforeTo, zone, "--before-to") };
}
