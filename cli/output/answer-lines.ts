import type { Watermark } from "../../model/index.ts";
import type { BehaviourAnswer } from "../../queries/index.ts";
import { localTime } from "./local-time.ts";
import { showNumber } from "./numbers.ts";
import { printable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** The first line of a view: what was asked, in bold, then the rest and the range on the clocks of the zone. */
export function headingLine(
  { entity, from, timezone, to }: BehaviourAnswer,
  title: string,
  rest: string,
  { paint }: Pick<Terminal, "paint">,
): string {
  return `${paint("bold", title)}   ${rest}, entity ${printable(entity)}, ${localTime(from, timezone)} to ${localTime(to, timezone)} ${timezone}\n`;
}

/** The last lines: remarks, and the position that the answer holds at. */
export function footerLines({ watermark }: BehaviourAnswer, remarks: readonly string[], { paint }: Pick<Terminal, "paint">): string {
  return [...remarks, positionLine(watermark)].map((line) => `${paint("dim", line)}\n`).join("");
}

/** The position that an answer holds at, e.g. "as of SHOP 1,200". */
export function positionLine(watermark: Watermark): string {
  const positions = Object.entries(watermark).map(([stream, { seq }]) => `${stream} ${showNumber(seq)}`);
  return `as of ${positions.join(", ") || "an empty log"}`;
}

/** A share as "12.3%"; null, which has no whole, is "–". */
export function percent(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)}%`;
}
