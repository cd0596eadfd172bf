import { Command } from "commander";
import { funnel } from "../../queries/index.ts";
import { behaviourOptions, behaviourRequest, EVENT_HELP, type BehaviourFlags } from "../input/behaviour-flags.ts";
import { parseEventSelector } from "../input/parse-event-selector.ts";
import type { Act, Invocation } from "../invocation.ts";
import { answerQuestion } from "../question.ts";
import { funnelView } from "../output/funnel-view.ts";

interface Flags extends BehaviourFlags {
  readonly window: string;
  readonly by?: string;
}

const LAST = "30d";

/** `hydrograph funnel`: how many go through steps in order. */
export function funnelCommand(act: Act): Command {
  const command = new Command("funnel")
    .description(
      "Show how many entities go through steps in order, from the first event that makes the first step, and how long they take.",
    )
    .argument("<steps...>", `from 2 to 12 events in order, each ${EVENT_HELP}`)
    .option("--window <duration>", "from the first step to the last: 30m, 24h, 7d …", "7d")
    .option("--by <field>", "one funnel for each value of a field of the first step");
  return behaviourOptions(command, LAST)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph funnel page.viewed cart.added order.placed --window 24h\n" +
        '  hydrograph funnel page.viewed "order.placed where amount >= 100" --last 12w --by device\n' +
        "  hydrograph funnel page.viewed order.placed --from 2026-10 --to 2026-11 --format json > october.json",
    )
    .action(act(showFunnel));
}

function showFunnel(invocation: Invocation, steps: readonly string[], flags: Flags): Promise<number> {
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: funnel,
    request: (project, common) => {
      const selectors = steps.map((step) => parseEventSelector(project, step));
      return {
        ...behaviourRequest(project, common, flags, selectors),
        steps: selectors,
        window: flags.window,
        ...(flags.by === undefined ? {} : { by: flags.by }),
      };
    },
    view: funnelView,
  });
}
