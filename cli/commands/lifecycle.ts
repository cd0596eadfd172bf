import { Command } from "commander";
import { lifecycle } from "../../queries/index.ts";
import { behaviourOptions, behaviourRequest, EVENT_HELP, eventsOf, type BehaviourFlags } from "../input/behaviour-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { answerQuestion } from "../question.ts";
import { lifecycleView } from "../output/lifecycle-view.ts";

interface Flags extends BehaviourFlags {
  readonly period: string;
}

const LAST = "12w";

/** `hydrograph lifecycle`: who is new, returning, resurrecting, dormant. */
export function lifecycleCommand(act: Act): Command {
  const command = new Command("lifecycle")
    .description(
      "Show how many entities are new, returning, resurrecting (back after a period without) and dormant (gone since the period before).",
    )
    .argument("[events...]", `what counts as activity (default: every declared event), each ${EVENT_HELP}`)
    .option("--period <period>", "day, week, month, quarter …; the range is widened to whole ones", "week");
  return behaviourOptions(command, LAST)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph lifecycle --period week\n  hydrograph lifecycle order.placed --period month --last 52w\n" +
        '  hydrograph lifecycle page.viewed "order.placed where country = DE" --period day --last 14d --format csv > days.csv',
    )
    .action(act(showLifecycle));
}

function showLifecycle(invocation: Invocation, events: readonly string[], flags: Flags): Promise<number> {
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: lifecycle,
    request: (project, common) => {
      const asked = eventsOf(project, events);
      return {
        ...behaviourRequest(project, common, flags, asked.events),
        period: flags.period,
        ...asked,
      };
    },
    view: lifecycleView,
  });
}
