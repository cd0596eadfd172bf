import { isTimeZone, parseMoment, parseRelativeMoment } from "../../model/index.ts";
import type { AsOf } from "../../queries/index.ts";
import { parseWatermark } from "./parse-watermark.ts";

const NAME = /^[A-Za-z][\w-]*$/;
const SEQUENCES = /^[\w-]+=\d{1,15}(,[\w-]+=\d{1,15})*$/;

/**
 * Reads `--as-of`: a sequence ("1200", or "SHOP=1200,WEB=7" where there are several streams), a time ("2026-11-27T09:30", "yesterday"), the JSON of an answer or manifest in a file, a watermark as JSON,
 * or the name of a saved watermark: a file whose name could be one is written "./name".
 * @throws UsageError if it is none of them
 */
export async function parseAsOf(text: string, timezone: string, now: Date): Promise<AsOf> {
  if (isName(text)) return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (SEQUENCES.test(text))
    return Object.fromEntries(text.split(",").map((pair) => [pair.split("=")[0] ?? "", Number(pair.split("=")[1])]));
  // An unknown zone is told of by the query.
  const present = { timezone: isTimeZone(timezone) ? timezone : "UTC", now: now.getTime() * 1_000 };
  const isTime = parseMoment(text, present.timezone) ?? parseRelativeMoment(text, present);
  return isTime === undefined ? parseWatermark(text) : text;
}

/** Whether this is the name of a saved watermark, or a word for a time: the library tells them apart. */
export function isName(text: string): boolean {
  return NAME.test(text);
}
