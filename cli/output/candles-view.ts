import type { CandlesAnswer } from "../../queries/index.ts";
import { bucketName } from "./local-time.ts";
import { plural, showColumn } from "./numbers.ts";
import { closingLines, titleLine } from "./signal-lines.ts";
import { printable, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const MOST_ROWS = 62;

/** Candles for reading: a table, of the last ones if there are many. */
export function candlesView(answer: CandlesAnswer, terminal: Pick<Terminal, "paint">): string {
  const { candles, event, grain, timezone } = answer;
  const title = titleLine(answer, `candles of ${event}`, `${plural(candles.length, "candle")} of ${grain}`, terminal);
  if (candles.length === 0) return [title, "No prices in this range or before it.\n", closingLines(answer, [], terminal)].join("\n");
  const shown = candles.slice(-MOST_ROWS);
  const prices = showColumn(shown.flatMap(({ close, high, low, open, twap, vwap }) => [open, high, low, close, vwap, twap]));
  const volumes = showColumn(shown.map(({ volume }) => volume));
  const rows = shown.map(({ instrument, partial, start, state, trades }, index) => [
    bucketName(start, grain, timezone),
    printable(instrument === null ? "none" : String(instrument)),
    ...prices.slice(index * 6, index * 6 + 4),
    String(trades),
    volumes[index] ?? "",
    ...prices.slice(index * 6 + 4, index * 6 + 6),
    [...(state === "final" ? [] : [state]), ...(partial ? ["partial"] : [])].join(", "),
  ]);
  const heads = ["open", "high", "low", "close", "trades", "volume", "VWAP", "TWAP"].map((head) => ({
    title: head,
    align: "right" as const,
  }));
  const rest = candles.length - shown.length;
  const more = rest > 0 ? `… and ${plural(rest, "earlier one")}: --format csv lists them all.\n` : "";
  const columns = [{ title: "bucket" }, { title: "instrument" }, ...heads, { title: "" }];
  return [title, `${table(columns, rows)}${more}`, closingLines(answer, [], terminal)].join("\n");
}
