import { Command } from "commander";
import { candles } from "../../queries/index.ts";
import { grainFor } from "../input/range-flags.ts";
import type { Act, Invocation } from "../invocation.ts";
import { candlesView } from "../output/candles-view.ts";
import { collect } from "../output/formats.ts";
import { answerQuestion, questionOptions, type QuestionFlags } from "../question.ts";

interface Flags extends QuestionFlags {
  readonly price: string;
  readonly size?: string;
  readonly by: string;
  readonly only?: readonly string[];
  readonly grain?: string;
}

const LAST = "7d";

/** `hydrograph candles`: how prices moved. */
export function candlesCommand(act: Act): Command {
  const command = new Command("candles")
    .description("Show prices over time: open, high, low, close, volume, and the mean prices by volume (VWAP) and by time (TWAP).")
    .argument("<event>", "type of the events that have a price")
    .option("--price <field>", "their price", "price")
    .option("--size <field>", "their size; without it there is no volume and no VWAP")
    .option("--by <field>", "what tells instruments apart", "subject")
    .option("--only <instrument>", "only this one; may be given more than once", collect);
  return questionOptions(command, LAST)
    .option("--grain <grain>", '"5 minutes", hour, day, week … (default: what fits the range)')
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph candles trade --size size --last 24h --grain hour\n" +
        "  hydrograph candles trade --size size --only ACME --from 2026-11-27 --grain minute --format parquet > candles.parquet\n" +
        "  hydrograph candles quote --price bid --last 1h",
    )
    .action(act(showCandles));
}

function showCandles(invocation: Invocation, event: string, { by, grain, only, price, size, ...flags }: Flags): Promise<number> {
  return answerQuestion(invocation, flags, {
    last: LAST,
    ask: candles,
    request: (_project, common) => ({
      event,
      price,
      by,
      ...common,
      grain: grain ?? grainFor(common),
      ...(size === undefined ? {} : { size }),
      ...(only ? { only } : {}),
    }),
    view: candlesView,
  });
}
