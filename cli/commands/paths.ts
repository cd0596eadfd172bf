import { Command } from "commander";
import { paths } from "../../queries/index.ts";
import { behaviourOptions, behaviourRequest, EVENT_HELP, eventsOf, type BehaviourFlags } from "../input/behaviour-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { answerQuestion } from "../question.ts";
import { wholeNumber } from "../output/formats.ts";
import { pathsView } from "../output/paths-view.ts";

interface Flags extends BehaviourFlags {
  readonly length: number;
  readonly gap?: string;
  readonly collapse?: boolean;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly limit: number;
}

const LAST = "30d";

/** `hydrograph paths`: which way entities take. */
export function pathsCommand(act: Act): Command {
  const command = new Command("paths")
    .description("Show the most common sequences of events, one directly after the other.")
    .argument("[events...]", `what steps are made of (default: every declared event), each ${EVENT_HELP}`)
    .option("--length <n>", "steps of a path, from 2 to 10", wholeNumber, 3)
    .option("--gap <duration>", "only paths within one session: it ends where nothing happens for so long, such as 30m")
    .option("--collapse", "take repetitions of a type, one directly after the other, as one step")
    .option("--start-at <type>", "only paths that start with it")
    .option("--end-at <type>", "only paths that end with it")
    .option("--limit <n>", "list so many paths", wholeNumber, 20);
  return behaviourOptions(command, LAST)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph paths --length 4 --gap 30m --last 7d\n  hydrograph paths --collapse --end-at order.placed\n" +
        "  hydrograph paths page.viewed cart.added order.placed --start-at page.viewed --format csv > paths.csv",
    )
    .action(act(showPaths));
}

function showPaths(invocation: Invocation, events: readonly string[], flags: Flags): Promise<number> {
  const { collapse = false, endAt, gap, length, limit, startAt } = flags;
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: paths,
    request: (project, common) => {
      const asked = eventsOf(project, events);
      return {
        ...behaviourRequest(project, common, flags, asked.events),
        length,
        limit,
        collapse,
        ...(gap === undefined ? {} : { gap }),
        ...(startAt === undefined ? {} : { startAt }),
        ...(endAt === undefined ? {} : { endAt }),
        ...asked,
      };
    },
    view: pathsView,
  });
}
