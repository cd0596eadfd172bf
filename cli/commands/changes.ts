import { Command } from "commander";
import { changes } from "../../queries/index.ts";
import { signalOptions, signalRequest, type SignalFlags } from "../input/signal-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { aboveZero } from "../output/formats.ts";
import { changesView } from "../output/changes-view.ts";
import { answerQuestion } from "../question.ts";

interface Flags extends SignalFlags {
  readonly penalty?: number;
}

const LAST = "60d";

/** `hydrograph changes`: where a metric took another level. */
export function changesCommand(act: Act): Command {
  const command = new Command("changes")
    .description("Show when the level of a metric changed for good, and from what to what; spikes and seasons are no changes.")
    .argument("<metric>", "its name in the config");
  return signalOptions(command, LAST)
    .option("--penalty <number>", "what a change must explain: more finds fewer changes (default: 4 ln n of n buckets)", aboveZero)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph changes orders --last 90d --grain day\n  hydrograph changes latency --last 7d --grain hour --by region --format json",
    )
    .action(act(showChanges));
}

function showChanges(invocation: Invocation, name: string, flags: Flags): Promise<number> {
  const { penalty } = flags;
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: changes,
    request: (project, common) => ({
      ...signalRequest(project, name, common, flags),
      ...(penalty === undefined ? {} : { penalty }),
    }),
    view: changesView,
  });
}
