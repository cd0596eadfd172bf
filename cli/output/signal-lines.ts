import type { DimensionValue, FoundSeason } from "../../queries/index.ts";
import { localTime } from "./local-time.ts";
import { showNumber } from "./numbers.ts";
import { printable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** What all answers about a range say of themselves. */
export interface RangeAnswer {
  readonly from: Date;
  readonly to: Date;
  readonly timezone: string;
  readonly watermark: Readonly<Record<string, { readonly seq: number }>>;
}

/** A series of an answer. */
export interface NamedSeries {
  readonly group: Readonly<Record<string, DimensionValue>>;
  readonly output: string;
}

/** The first line of a view: what was asked, in bold, then the rest and the range on the clocks of the zone. */
export function titleLine({ from, timezone, to }: RangeAnswer, title: string, rest: string, { paint }: Pick<Terminal, "paint">): string {
  return `${paint("bold", title)}   ${rest}, ${localTime(from, timezone)} to ${localTime(to, timezone)} ${timezone}\n`;
}

/** The last lines: remarks, and the position that the answer holds at. */
export function closingLines({ watermark }: RangeAnswer, remarks: readonly string[], { paint }: Pick<Terminal, "paint">): string {
  const positions = Object.entries(watermark).map(([stream, { seq }]) => `${stream} ${showNumber(seq)}`);
  return [...remarks, `as of ${positions.join(", ") || "an empty log"}`].map((line) => `${paint("dim", line)}\n`).join("");
}

/** What a series is called: its group, and its output where it is not the only one; the metric if it has neither. */
export function seriesName({ group, output }: NamedSeries, metric: string): string {
  const words = Object.values(group).map((value) => (value === null ? "none" : String(value)));
  if (output !== "value") words.push(output);
  return printable(words.join(" ") || metric);
}

/** The season of a series in words. */
export function seasonWords(season: FoundSeason | null): string {
  return season ? `season of a ${season.name}, which explains ${percent(season.strength)}` : "no season";
}

/** A share as "12.3%"; null is "–". */
export function percent(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)}%`;
}

/** A change of a share as "+12.3%"; null is "–". */
export function signedPercent(share: number | null): string {
  return share === null ? "–" : `${share >= 0 ? "+" : "−"}${(Math.abs(share) * 100).toFixed(1)}%`;
}
