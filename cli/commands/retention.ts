import { Command } from "commander";
import { retention, type RetentionRequest } from "../../queries/index.ts";
import { behaviourOptions, behaviourRequest, EVENT_HELP, type BehaviourFlags } from "../input/behaviour-flags.ts";
import { parseEventSelector } from "../input/parse-event-selector.ts";
import type { Act, Invocation } from "../invocation.ts";
import { answerQuestion } from "../question.ts";
import { retentionView } from "../output/retention-view.ts";

interface Flags extends BehaviourFlags {
  readonly returning?: string;
  readonly period: string;
  readonly recurring?: boolean;
}

const LAST = "8w";

/** `hydrograph retention`: who comes back. */
export function retentionCommand(act: Act): Command {
  const command = new Command("retention")
    .description(
      "Show who comes back: for the entities that began in each period, the share that has an event in the same period, the next one …",
    )
    .argument("<event>", `what they begin with: ${EVENT_HELP}`)
    .option("--returning <event>", "what they return with (default: the same event)")
    .option("--period <period>", "day, week, month, quarter …; the range is widened to whole ones", "week")
    .option("--recurring", "count an entity in each period with the first event, not only in that of its first ever");
  return behaviourOptions(command, LAST)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph retention order.placed --period month --last 52w\n" +
        '  hydrograph retention user.signed_up --returning "order.placed where amount > 0" --period week\n' +
        "  hydrograph retention page.viewed --recurring --period day --last 14d --zone Europe/Berlin",
    )
    .action(act(showRetention));
}

function showRetention(invocation: Invocation, event: string, flags: Flags): Promise<number> {
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: retention,
    request: (project, common): RetentionRequest => {
      const first = parseEventSelector(project, event);
      const returning = flags.returning === undefined ? undefined : parseEventSelector(project, flags.returning);
      return {
        ...behaviourRequest(project, common, flags, returning === undefined ? [first] : [first, returning]),
        first,
        period: flags.period,
        cohort: flags.recurring === true ? "recurring" : "first",
        ...(returning === undefined ? {} : { returning }),
      };
    },
    view: retentionView,
  });
}
