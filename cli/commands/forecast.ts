import { Command } from "commander";
import { forecast } from "../../queries/index.ts";
import { signalOptions, signalRequest, type SignalFlags } from "../input/signal-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { aboveZero, wholeNumber } from "../output/formats.ts";
import { forecastView } from "../output/forecast-view.ts";
import { answerQuestion } from "../question.ts";

interface Flags extends SignalFlags {
  readonly horizon: number;
  readonly level: number;
}

const LAST = "60d";

/** `hydrograph forecast`: how a metric may go on. */
export function forecastCommand(act: Act): Command {
  const command = new Command("forecast")
    .description("Show how a metric may go on, with an interval, and how good such forecasts would have been in the range.")
    .argument("<metric>", "its name in the config");
  return signalOptions(command, LAST)
    .option("--horizon <buckets>", "buckets to foretell", wholeNumber, 14)
    .option("--level <percent>", "share of values to come that the interval is to hold", aboveZero, 90)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph forecast orders --last 90d --grain day --horizon 14\n  hydrograph forecast page_views --last 28d --grain hour --horizon 48 --level 80",
    )
    .action(act(showForecast));
}

function showForecast(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  const { horizon, level } = flags;
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: forecast,
    request: (project, common) => ({
      ...signalRequest(project, name, common, flags),
      horizon,
      level: level / 100,
    }),
    view: forecastView,
  });
}
