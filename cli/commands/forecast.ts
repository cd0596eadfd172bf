import { Command } from "commander";
import { forecast } from "../../queries/index.ts";
import type { Act, Invocation } from "../invocation.ts";
import { aboveZero, wholeNumber } from "../output/formats.ts";
import { forecastColumns, forecastView } from "../output/forecast-view.ts";
import { answerSignal, seasonOption, signalOptions, type SeasonFlags } from "../signal.ts";

interface Flags extends SeasonFlags {
  readonly horizon: number;
  readonly level: number;
}

/** `hydrograph forecast`: how a metric may go on. */
export function forecastCommand(act: Act): Command {
  const command = new Command("forecast")
    .description("Show how a metric may go on, with an interval, and how good such forecasts would have been in the range.")
    .argument("<metric>", "its name in the config");
  return signalOptions(command)
    .addOption(seasonOption())
    .option("--horizon <buckets>", "buckets to foretell", wholeNumber, 14)
    .option("--level <percent>", "share of values to come that the interval is to hold", aboveZero, 90)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph forecast orders --last 90d --grain day --horizon 14\n  hydrograph forecast page_views --last 28d --grain hour --horizon 48 --level 80",
    )
    .action(act(showForecast));
}

function showForecast(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  const { horizon, level, season } = flags;
  return answerSignal(invocation, name, flags, {
    ask: (clickhouse, project, request) => forecast(clickhouse, project, { ...request, season, horizon, level: level / 100 }),
    view: forecastView,
    columns: forecastColumns,
    last: "60d",
  });
}
