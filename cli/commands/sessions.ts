import { Command } from "commander";
import { sessions } from "../../queries/index.ts";
import { behaviourOptions, behaviourRequest, EVENT_HELP, eventsOf, type BehaviourFlags } from "../input/behaviour-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { answerQuestion } from "../question.ts";
import { sessionsView } from "../output/sessions-view.ts";

interface Flags extends BehaviourFlags {
  readonly gap: string;
}

const LAST = "30d";

/** `hydrograph sessions`: how long entities stay. */
export function sessionsCommand(act: Act): Command {
  const command = new Command("sessions")
    .description("Show how many sessions begin in the range, how long they last and how many events they have.")
    .argument("[events...]", `what belongs to sessions (default: every declared event), each ${EVENT_HELP}`)
    .option("--gap <duration>", "a session ends where nothing happens for so long", "30m");
  return behaviourOptions(command, LAST)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph sessions --last 7d\n  hydrograph sessions page.viewed cart.added --gap 15m\n" +
        "  hydrograph sessions --entity source --from 2026-11-27 --to 2026-11-28 --zone America/New_York --format json",
    )
    .action(act(showSessions));
}

function showSessions(invocation: Invocation, events: readonly string[], flags: Flags): Promise<number> {
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: sessions,
    request: (project, common) => {
      const asked = eventsOf(project, events);
      return {
        ...behaviourRequest(project, common, flags, asked.events),
        gap: flags.gap,
        ...asked,
      };
    },
    view: sessionsView,
  });
}
