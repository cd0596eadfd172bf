import { Command } from "commander";
import { candles } from "../../queries/index.ts";
import { openClickHouse } from "../connections.ts";
import { EXIT } from "../exit-codes.ts";
import { ingestedUntil } from "../ingested-until.ts";
import { grainFor, rangeOf } from "../input/range-flags.ts";
import { parseWatermark } from "../input/parse-watermark.ts";
import { openConfig, type Act, type Invocation } from "../invocation.ts";
import { candlesColumns, candlesView } from "../output/candles-view.ts";
import { collect, refuseBinaryOnTerminal, rowFormatOption } from "../output/formats.ts";
import { writeAnswer, type SignalFlags } from "../signal.ts";

interface Flags extends Omit<SignalFlags, "by" | "where"> {
  readonly price: string;
  readonly size?: string;
  readonly by: string;
  readonly only?: readonly string[];
}

/** `hydrograph candles`: how prices moved. */
export function candlesCommand(act: Act): Command {
  return new Command("candles")
    .description("Show prices over time: open, high, low, close, volume, and the mean prices by volume (VWAP) and by time (TWAP).")
    .argument("<event>", "type of the events that have a price")
    .option("--price <field>", "their price", "price")
    .option("--size <field>", "their size; without it there is no volume and no VWAP")
    .option("--by <field>", "what tells instruments apart", "subject")
    .option("--only <instrument>", "only this one; may be given more than once", collect)
    .option("--from <time>", "a date or time: 2026-11, 2026-11-27, 2026-11-27T09:30, or with a zone")
    .option("--to <time>", "the end, itself not counted (default: now)")
    .option("--last <duration>", "instead of --from: 24h, 30d, 12w … (default: 7d)")
    .option("--grain <grain>", '"5 minutes", hour, day, week … (default: what fits the range)')
    .option("--zone <zone>", "IANA time zone of the buckets (default: the project's)")
    .option("--as-of <watermark>", "count what the log held then: the JSON of an earlier answer, or a watermark")
    .addOption(rowFormatOption())
    .addHelpText(
      "after",
      "\nExamples:\n  hydrograph candles trade --size size --last 24h --grain hour\n" +
        "  hydrograph candles trade --size size --only ACME --from 2026-11-27 --grain minute --format parquet > candles.parquet\n" +
        "  hydrograph candles quote --price bid --last 1h",
    )
    .action(act(showCandles));
}

async function showCandles(invocation: Invocation, event: string, flags: Flags): Promise<number> {
  refuseBinaryOnTerminal(invocation.terminal, flags.format);
  const config = await openConfig(invocation);
  const { project } = config;
  const timezone = flags.zone ?? project.timezone;
  const range = rangeOf(flags, timezone, new Date());
  const asOf = flags.asOf === undefined ? undefined : await parseWatermark(flags.asOf);
  const clickhouse = await openClickHouse(invocation, config);
  try {
    const until = asOf ? undefined : await ingestedUntil(invocation, config, clickhouse);
    const answer = await candles(clickhouse, project, {
      event,
      price: flags.price,
      by: flags.by,
      ...range,
      grain: flags.grain ?? grainFor(range),
      timezone,
      signal: invocation.signal,
      ...(flags.size === undefined ? {} : { size: flags.size }),
      ...(flags.only ? { only: flags.only } : {}),
      ...(asOf ? { asOf } : {}),
      ...(until ? { ingestedUntil: until } : {}),
    });
    await writeAnswer(invocation, flags.format, clickhouse, {
      json: answer,
      text: () => candlesView(answer, invocation.terminal),
      columns: () => candlesColumns(answer),
    });
    return EXIT.ok;
  } finally {
    await clickhouse.close();
  }
}
