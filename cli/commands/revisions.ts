import { Command } from "commander";
import { revisions } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { grainFor, parseInstant, rangeOf, rangeOptions, type RangeFlags } from "../input/range-flags.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { collect, reportFormatOption, wholeNumber } from "../output/formats.ts";
import { revisionsView } from "../output/revisions-view.ts";

const LAST = "7d";

interface Flags extends RangeFlags {
  readonly grain?: string;
  readonly by?: readonly string[];
  readonly zone?: string;
  readonly against?: string;
  readonly limit?: number;
  readonly format: "text" | "json";
}

/** `hydrograph revisions`: which final buckets late events changed. */
export function revisionsCommand(act: Act): Command {
  const command = new Command("revisions")
    .description(
      "Show which buckets late events changed after they were final: what each showed then, what it shows now, and when it changed.",
    )
    .argument("<metric>", "its name in the config");
  return rangeOptions(command, LAST)
    .option("--grain <grain>", '"5 minutes", hour, day, week, month, quarter, year … (default: what fits the range)')
    .option("--by <dimension>", "one row for each of its values; may be given more than once", collect)
    .option("--against <time>", "compare with what the log held then, of the buckets that were final by then")
    .option("--limit <n>", "most rows, the newest buckets first (default: 1000)", wholeNumber)
    .addOption(reportFormatOption())
    .addHelpText(
      "after",
      "\nA bucket is final when the project's lateness has passed since its end. The range is widened to whole buckets.\n\nExamples:\n" +
        "  hydrograph revisions revenue --last 7d --grain hour\n  hydrograph revisions orders --last 30d --grain day --by country\n" +
        "  hydrograph revisions revenue --from 2026-11 --grain day --against 2026-12-01T09:00",
    )
    .action(act(showRevisions));
}

async function showRevisions(invocation: Invocation, metric: string, flags: Flags): Promise<number> {
  const config = await openConfig(invocation);
  const { project } = config;
  const timezone = flags.zone ?? project.timezone;
  const range = rangeOf(flags, timezone, new Date(), LAST);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const answer = await revisions(clickhouse, project, {
      metric,
      ...range,
      grain: flags.grain ?? grainFor(range),
      timezone,
      groupBy: (flags.by ?? []).flatMap((names) => names.split(",")),
      signal: invocation.signal,
      ...(flags.against === undefined ? {} : { against: parseInstant(flags.against, timezone, "--against") }),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    });
    await invocation.terminal.write(flags.format === "json" ? `${JSON.stringify(answer)}\n` : revisionsView(answer));
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}
