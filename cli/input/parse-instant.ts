import { isTimeZone, momentOf, parseDuration } from "../../model/index.ts";
import { UsageError } from "../errors.ts";

const LOCAL = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?)?)?$/;
const ZONED = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads a moment: RFC 3339 with its zone, or a year, month, day or clock time in the zone of the question ("2026", "2026-11", "2026-11-27",
 * "2026-11-27T09:30"), which is its first moment.
 * @param flag names it in the error sentence, e.g. "--from"
 * @throws UsageError if the text is none
 */
export function parseInstant(text: string, zone: string, flag: string): Date {
  const instant = ZONED.test(text) ? new Date(text.toUpperCase()) : localInstant(text, zone);
  if (instant && !Number.isNaN(instant.getTime())) return instant;
  throw new UsageError(
    `${flag}: "${text}" is no moment: write a date such as 2026-11-27, or a time such as 2026-11-27T09:30 or 2026-11-27T09:30:00Z.`,
  );
}

function localInstant(text: string, zone: string): Date | undefined {
  const match = LOCAL.exec(text.trim());
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => (part ? Number(part) : undefined));
  const milliseconds = Number((match[7] ?? "0").padEnd(3, "0"));
  const plain = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const real = plain.getUTCMonth() === month - 1 && plain.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!real) return undefined;
  return new Date(momentOf(plain.getTime(), zone) + milliseconds);
}

/** A stretch of time, half-open. */
export interface Range {
  readonly from: Date;
  readonly to: Date;
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
  const to = flags.to === undefined ? now : parseInstant(flags.to, zone, "--to");
  if (flags.from !== undefined) return { from: parseInstant(flags.from, zone, "--from"), to };
  const last = flags.last ?? DEFAULT_LAST;
  const length = parseDuration(last);
  if (!length) throw new UsageError(`--last: "${last}" is no length of time: write a number and a unit, such as 24h, 30d or 2w.`);
  return { from: new Date(to.getTime() - length), to };
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
  const length = to.getTime() - from.getTime();
  return GRAINS.find(([, ms]) => length / ms <= 62)?.[0] ?? "1 year";
}
