import { Command } from "commander";
import { revisions, type RevisionAnswer, type RevisionRequest } from "../../queries/index.ts";
import { eventsOfMetrics } from "../input/events-of-metrics.ts";
import { parseWhere } from "../input/parse-where.ts";
import { grainFor, parseInstant, rangeOptions, type RangeFlags } from "../input/range-flags.ts";
import { dimensionsOf, whereOption } from "../input/signal-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { collect, rowFormatOption, wholeNumber, type RowFormat } from "../output/formats.ts";
import { revisionsView } from "../output/revisions-view.ts";
import { answerQuestion, type CommonRequest } from "../question.ts";

const LAST = "7d";

interface Flags extends RangeFlags {
  readonly grain?: string;
  readonly by?: readonly string[];
  readonly where?: readonly string[];
  readonly zone?: string;
  readonly against?: string;
  readonly limit?: number;
  readonly format: RowFormat;
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
    .addOption(whereOption())
    .option("--against <time>", "compare with what the log held then, of the buckets that were final by then")
    .option("--limit <n>", "most rows, the newest buckets first (default: 1000)", wholeNumber)
    .addOption(rowFormatOption())
    .addHelpText(
      "after",
      "\nA bucket is final when the project's lateness has passed since its end. The range is widened to whole buckets.\n\nExamples:\n" +
        "  hydrograph revisions revenue --last 7d --grain hour\n  hydrograph revisions orders --last 30d --grain day --by country\n" +
        "  hydrograph revisions revenue --from 2026-11 --grain day --against 2026-12-01T09:00",
    )
    .action(act(showRevisions));
}

function showRevisions(invocation: Invocation, metric: string, flags: Flags): Promise<number> {
  return answerQuestion<RevisionRequest & Pick<CommonRequest, "asOf">, RevisionAnswer>(invocation, flags, {
    last: LAST,
    ask: revisions,
    request: (project, common) => ({
      metric,
      ...common,
      grain: flags.grain ?? grainFor(common),
      groupBy: dimensionsOf(flags.by ?? []),
      filter: parseWhere(flags.where, eventsOfMetrics(project, [metric])),
      ...(flags.against === undefined ? {} : { against: parseInstant(flags.against, common.timezone, "--against") }),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    }),
    view: revisionsView,
  });
}
