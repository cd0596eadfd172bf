import { Command } from "commander";
import { asOfJoin } from "../../queries/index.ts";
import type { Act, Invocation } from "../invocation.ts";
import { asOfJoinView } from "../output/as-of-join-view.ts";
import { collect } from "../output/formats.ts";
import { dimensionsOf } from "../input/signal-flags.ts";
import { answerQuestion, questionOptions, type QuestionFlags } from "../question.ts";

interface Flags extends QuestionFlags {
  readonly field?: readonly string[];
  readonly foundField?: readonly string[];
  readonly by: string;
  readonly only?: readonly string[];
}

const LAST = "24h";

/** `hydrograph join`: what was known before each event. */
export function joinCommand(act: Act): Command {
  const command = new Command("join")
    .description(
      "Show each event of one type with the last event of another type before it (an as-of join), such as trades with their quotes.",
    )
    .argument("<event>", "type of the events that are listed")
    .argument("<look-up>", "type of the events that are looked up")
    .option("--field <field>", "a field of the first to show; may be given more than once", collect)
    .option("--found-field <field>", "a field of what was found to show; may be given more than once", collect)
    .option("--by <field>", "what both must have alike", "subject")
    .option("--only <value>", "only this one of them; may be given more than once", collect);
  return questionOptions(command, LAST)
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph join trade quote --field price,size --found-field bid,ask --last 1h\n" +
        "  hydrograph join trade quote --field price --found-field bid --only ACME --from 2026-11-27 --format parquet > trades.parquet",
    )
    .action(act(showJoin));
}

function showJoin(invocation: Invocation, event: string, lookUp: string, flags: Flags): Promise<number> {
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: asOfJoin,
    request: (_project, common) => ({
      event,
      lookUp,
      fields: dimensionsOf(flags.field ?? []),
      lookUpFields: dimensionsOf(flags.foundField ?? []),
      by: flags.by,
      ...common,
      ...(flags.only ? { only: flags.only } : {}),
    }),
    view: asOfJoinView,
  });
}
