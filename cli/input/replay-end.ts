import type { ReplayEnd } from "../../ingest/index.ts";
import { parseInstant } from "./range-flags.ts";

/**
 * Reads `--from` or `--to` of a replay: digits alone are a sequence, anything else is a moment of store time.
 * @throws UsageError if it is neither
 */
export function replayEnd(text: string | undefined, zone: string, flag: string): ReplayEnd | undefined {
  if (text === undefined) return undefined;
  const seq = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seq) && seq >= 1) return { seq };
  return { time: parseInstant(text, zone, flag) };
}
