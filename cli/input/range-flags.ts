import { isTimeZone, parseMoment, parseRange, parseRelativeMoment, type Present, type TimeRange } from "../../model/index.ts";
import { Option, type Command } from "commander";
import { UsageError } from "../errors.ts";

/** The flags that say which time a question is about. */
export interface RangeFlags {
  readonly from?: string;
  /** The same as `from`. */
  readonly since?: string;
  readonly to?: string;
  readonly last?: string;
  readonly during?: string;
}

/** Adds {@link RangeFlags} and the zone that they are read in to a command. @param last the range when nothing is said */
export function rangeOptions(command: Command, last: string): Command {
  return command
    .option("--from <time>", "a date or time: 2026-11, 2026-11-27, 2026-11-27T09:30, or with a zone; yesterday, 3 days ago")
    .addOption(new Option("--since <time>", "the same").conflicts("from"))
    .option("--to <time>", "the end, itself not counted (default: now)")
    .option("--last <length>", `instead of --from: 24h, 30d, 12w, 3 months …, or the last whole week, month … (default: ${last})`)
    .option("--during <period>", 'instead of them: today, yesterday, "this month", "last week", 2026-11 …')
    .option("--zone <zone>", "IANA time zone of times, buckets and periods (default: the project's)");
}

/**
 * The range that the flags name: `--during` a period ("today", "last week", "2026-11"); else `--from` and `--to` (default now); else `--last` ("24h", "3 months" until `--to`; "month" = the last
 * whole one).
 * @param otherwise what `last` is if nothing is said
 * @throws UsageError if they contradict each other or make no sense
 */
export function rangeOf({ during, last, since, to, ...flags }: RangeFlags, zone: string, now: Date, otherwise: string): TimeRange {
  const from = flags.from ?? since;
  if (!isTimeZone(zone)) throw new UsageError(`--zone: "${zone}" is no time zone: write an IANA name such as Europe/Berlin.`);
  const present = { now: now.getTime() * 1_000, timezone: zone };
  if (during !== undefined) {
    if (from !== undefined || to !== undefined || last !== undefined)
      throw new UsageError("Give --during, or --from, --to and --last, not both.");
    return duringOf(during, present);
  }
  if (from !== undefined && last !== undefined) throw new UsageError("Give --from or --last, not both.");
  const end = to === undefined ? present.now : parseInstant(to, zone, "--to", now);
  if (from !== undefined) return { from: parseInstant(from, zone, "--from", now), to: end };
  return lastOf(last ?? otherwise, { ...present, now: end });
}

/**
 * Reads a moment: RFC 3339 with its zone, or a year, month, day or clock time in the zone of the question ("2026", "2026-11", "2026-11-27",
 * "2026-11-27T09:30"), which is its first moment; or words ("yesterday", "3 days ago").
 * @param flag names it in the error sentence, e.g. "--from"
 * @returns microseconds since 1970
 * @throws UsageError if the text is none
 */
export function parseInstant(text: string, zone: string, flag: string, now = new Date()): number {
  const instant = parseMoment(text, zone) ?? parseRelativeMoment(text, { timezone: zone, now: now.getTime() * 1_000 });
  if (instant !== undefined) return instant;
  throw new UsageError(
    `${flag}: "${text}" is no moment: write a date such as 2026-11-27, a time such as 2026-11-27T09:30 or 2026-11-27T09:30:00Z, or "yesterday", "3 days ago".`,
  );
}

function duringOf(text: string, present: Present): TimeRange {
  const range = parseRange(text, present);
  if (range && range.from < range.to) return range;
  throw new UsageError(
    `--during: "${text}" is no period: write today, yesterday, "this month", "last week", "3 months", 2026-11, 2026-11-27 or the like.`,
  );
}

function lastOf(text: string, present: Present): TimeRange {
  const range = parseRange(`last ${text}`, present);
  if (range) return range;
  throw new UsageError(
    `--last: "${text}" is no length of time: write a number and a unit, such as 24h, 30d, 2w or "3 months", or week, month or year.`,
  );
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
export function grainFor({ from, to }: TimeRange): string {
  const length = (to - from) / 1_000;
  return GRAINS.find(([, ms]) => length / ms <= 62)?.[0] ?? "1 year";
}
