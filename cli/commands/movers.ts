import { Command, Option } from "commander";
import { movers } from "../../queries/index.ts";
import { UsageError } from "../errors.ts";
import { eventsOfMetrics } from "../input/events-of-metrics.ts";
import { parseWhere } from "../input/parse-where.ts";
import { parseInstant } from "../input/range-flags.ts";
import { dimensionsOf, whereOption } from "../input/signal-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { collect, wholeNumber } from "../output/formats.ts";
import { moversView } from "../output/movers-view.ts";
import { answerQuestion, questionOptions, type QuestionFlags } from "../question.ts";

interface Flags extends QuestionFlags {
  readonly by: readonly string[];
  readonly where?: readonly string[];
  readonly beforeFrom?: string;
  readonly beforeTo?: string;
  readonly limit: number;
}

const LAST = "7d";

/** `hydrograph movers`: which groups made a metric change. */
export function moversCommand(act: Act): Command {
  const command = new Command("movers")
    .description("Show which values of a dimension made a metric change from the period before, and how much of the change each made.")
    .argument("<metric>", "its name in the config")
    .addOption(
      new Option("--by <dimension>", "for each of its values; may be given more than once").argParser(collect).makeOptionMandatory(),
    );
  return questionOptions(command, LAST)
    .option("--before-from <time>", "the period to compare with (default: as long, right before)")
    .option("--before-to <time>", "its end, itself not counted")
    .addOption(whereOption())
    .option("--limit <groups>", "how many to show", wholeNumber, 20)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph movers revenue --by country --last 7d\n" +
        "  hydrograph movers orders --by country,device --from 2026-11-27 --to 2026-11-28 --before-from 2026-11-20 --before-to 2026-11-21",
    )
    .action(act(showMovers));
}

function showMovers(invocation: Invocation, metric: string, flags: Flags): Promise<number> {
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: movers,
    request: (project, common) => ({
      metric,
      ...common,
      groupBy: dimensionsOf(flags.by),
      filter: parseWhere(flags.where, eventsOfMetrics(project, [metric])),
      limit: flags.limit,
      ...beforeOf(flags, common.timezone),
    }),
    view: moversView,
  });
}

function beforeOf({ beforeFrom, beforeTo }: Flags, zone: string): { readonly before?: { readonly from: number; readonly to: number } } {
  if (beforeFrom === undefined && beforeTo === undefined) return {};
  if (beforeFrom === undefined || beforeTo === undefined) throw new UsageError("Give both --before-from and --before-to, or neither.");
  return { before: { from: parseInstant(beforeFrom, zone, "--before-from"), to: parseInstant(beforeTo, zone, "--before-to") } };
}
