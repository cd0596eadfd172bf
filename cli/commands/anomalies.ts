import { Command } from "commander";
import { anomalies } from "../../queries/index.ts";
import { signalOptions, signalRequest, type SignalFlags } from "../input/signal-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { aboveZero, wholeNumber } from "../output/formats.ts";
import { anomaliesView } from "../output/anomalies-view.ts";
import { answerQuestion } from "../question.ts";

interface Flags extends SignalFlags {
  readonly threshold: number;
  readonly history?: number;
}

const LAST = "7d";

/** `hydrograph anomalies`: what is not as was to be expected. */
export function anomaliesCommand(act: Act): Command {
  const command = new Command("anomalies")
    .description("Show which buckets of a metric are not as the buckets before them and the season led to expect, with the band that was.")
    .argument("<metric>", "its name in the config");
  return signalOptions(command, LAST)
    .option("--threshold <deviations>", "how many standard deviations are an anomaly", aboveZero, 3.5)
    .option("--history <buckets>", "buckets before the range to learn from (default: 4 weeks of hours, 12 of days)", wholeNumber)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph anomalies orders --last 7d --grain hour\n" +
        "  hydrograph anomalies revenue --last 60d --grain day --by country --threshold 5 --format csv > anomalies.csv",
    )
    .action(act(showAnomalies));
}

function showAnomalies(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  const { history, threshold } = flags;
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: anomalies,
    request: (project, common) => ({
      ...signalRequest(project, name, common, flags),
      threshold,
      ...(history === undefined ? {} : { history }),
    }),
    view: anomaliesView,
  });
}
