import { isTimeZone, parseDuration, parseMoment } from "../../model/index.ts";
import { UsageError } from "../errors.ts";

/**
 * Reads a moment: RFC 3339 with its zone, or a year, month, day or clock time in the zone of the question ("2026", "2026-11", "2026-11-27",
 * "2026-11-27T09:30"), which is its first moment.
 * @param flag names it in the error sentence, e.g. "--from"
 * @returns microseconds since 1970
 * @throws UsageError if the text is none
 */
export function parseInstant(text: string, zone: string, flag: string): number {
  const instant = parseMoment(text, zone);
  if (instant !== undefined) return instant;
  throw new UsageError(
    `${flag}: "${text}" is no moment: write a date such as 2026-11-27, or a time such as 2026-11-27T09:30 or 2026-11-27T09:30:00Z.`,
  );
}

/** A stretch of time, half-open, in microseconds since 1970. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What a question looks at when nothing is said. */
const DEFAULT_LAST = "7d";

/**
 * The range that the flags name: `--from` and `--to` (default now), or `--last` before `--to`; the last 7 days if nothing is said.
 * @throws UsageError if they contradict each other or make no sense
 */
export function rangeOf(flags: { readonly from?: string; readonly to?: string; readonly last?: string }, zone: string, now: Date): Range {
  if (!isTimeZone(zone)) throw new UsageError(`--zone: "${zone}" is no time zone: write an IANA name such as Europe/Berlin.`);
  if (flags.from !== undefined && flags.last !== undefined) throw new UsageError("Give --from or --last, not both.");
  const to = flags.to === undefined ? now.getTime() * 1_000 : parseInstant(flags.to, zone, "--to");
  if (flags.from !== undefined) return { from: parseInstant(flags.from, zone, "--from"), to };
  const last = flags.last ?? DEFAULT_LAST;
  const length = parseDuration(last);
  if (!length) throw new UsageError(`--last: "${last}" is no length of time: write a number and a unit, such as 24h, 30d or 2w.`);
  return { from: to - length * 1_000, to };
}

/** Grains to choose from, with about how many milliseconds each lasts. */
const GRAINS: readonly (readonly [grain: string, ms: number])[] = [
  ["1 minute", 60_000],
  ["5 minutes", 300_000],
  ["15 minutes", 900_000],
  ["1 hour", 3_600_000],
  ["6 hours", 21_600_000],
  ["1 day", 86_400_000],
  ["1 week", 604_800_000],
  ["1 month", 2_629_800_000],
  ["1 quarter", 7_889_400_000],
];

/** The finest grain that draws a range in at most 62 columns (two months of days). */
export function grainFor({ from, to }: Range): string {
  const length = (to - from) / 1_000;
  return GRAINS.find(([, ms]) => length / ms <= 62)?.[0] ?? "1 year";
}
