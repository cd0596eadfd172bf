import { Command } from "commander";
import { sessions } from "../../queries/index.ts";
import { answerBehaviour, behaviourOptions, EVENT_HELP, type BehaviourFlags } from "../behaviour.ts";
import { parseEventSelector } from "../input/parse-event-selector.ts";
import type { Act, Invocation } from "../invocation.ts";
import { sessionsColumns, sessionsView } from "../output/sessions-view.ts";

interface Flags extends BehaviourFlags {
  readonly gap: string;
}

/** `hydrograph sessions`: how long entities stay. */
export function sessionsCommand(act: Act): Command {
  const command = new Command("sessions")
    .description("Show how many sessions begin in the range, how long they last and how many events they have.")
    .argument("[events...]", `what belongs to sessions (default: every declared event), each ${EVENT_HELP}`)
    .option("--gap <duration>", "a session ends where nothing happens for so long", "30m");
  return behaviourOptions(command)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph sessions --last 7d\n  hydrograph sessions page.viewed cart.added --gap 15m\n" +
        "  hydrograph sessions --entity source --from 2026-11-27 --to 2026-11-28 --zone America/New_York --format json",
    )
    .action(act(showSessions));
}

function showSessions(invocation: Invocation, events: readonly string[], flags: Flags): Promise<number> {
  return answerBehaviour(invocation, flags, {
    ask: (clickhouse, project, common) =>
      sessions(clickhouse, project, {
        ...common,
        gap: flags.gap,
        ...(events.length === 0 ? {} : { events: events.map((event) => parseEventSelector(project, event)) }),
      }),
    view: sessionsView,
    columns: sessionsColumns,
  });
}
