import { Command } from "commander";
import { seasonality } from "../../queries/index.ts";
import { seriesOptions, seriesRequest, type SeriesFlags } from "../input/signal-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { aboveZero } from "../output/formats.ts";
import { seasonalityView } from "../output/seasonality-view.ts";
import { answerQuestion } from "../question.ts";

interface Flags extends SeriesFlags {
  readonly falseAlarms?: number;
}

const LAST = "60d";

/** `hydrograph seasonality`: after how long a metric comes again. */
export function seasonalityCommand(act: Act): Command {
  const command = new Command("seasonality")
    .description("Show after how long a metric comes again, such as a day or a week, and how much of it does; or that nothing repeats.")
    .argument("<metric>", "its name in the config");
  return seriesOptions(command, LAST)
    .option("--false-alarms <share>", "share of series of noise in which a period may be found (default: 0.01)", aboveZero)
    .addHelpText(
      "after",
      "\nA period is found when the range holds it three times.\n\nExamples:\n  hydrograph seasonality orders --last 60d --grain hour\n" +
        "  hydrograph seasonality latency --last 3h --grain minute --by region --format json",
    )
    .action(act(showSeasonality));
}

function showSeasonality(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  const { falseAlarms } = flags;
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: seasonality,
    request: (project, common) => ({
      ...seriesRequest(project, name, common, flags),
      ...(falseAlarms === undefined ? {} : { falseAlarms }),
    }),
    view: seasonalityView,
  });
}
