import { parseDuration } from "./duration.ts";
import type { GrainUnit } from "./grain.ts";
import { gridEdges } from "./grid.ts";
import { parseMoment } from "./parse-moment.ts";
import { momentOfWall, stepWall, wallTime, type CalendarStep } from "./wall-clock.ts";

/** The present and where: what words such as "yesterday" are relative to. */
export interface Present {
  /** Microseconds since 1970. */
  readonly now: number;
  /** An IANA zone that the runtime knows. */
  readonly timezone: string;
}

/** A range of time `[from, to)`, in microseconds since 1970. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Longest length that can be gone back, in units. */
const LENGTH = /^(\d{1,6}) ?(second|minute|hour|day|week|month|quarter|year)s?$/;
const PERIOD = /^(this|last) (hour|day|week|month|quarter|year)$/;
const WRITTEN = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;
const FIXED: Partial<Readonly<Record<string, number>>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };
const STEPS: Partial<Readonly<Record<string, (count: number) => CalendarStep>>> = {
  day: (count) => ({ days: -count }),
  week: (count) => ({ days: -7 * count }),
  month: (count) => ({ months: -count }),
  quarter: (count) => ({ months: -3 * count }),
  year: (count) => ({ months: -12 * count }),
};

/**
 * Reads a range as people say it:
 * - "today", "this hour", "this week", "this month" … : from its start until now;
 * - "yesterday", "last hour", "last week", "last month" … : the whole one before;
 * - "24h", "90 minutes", "7 days", "3 months", with or without "last": that long until now;
 * - "2026", "2026-11", "2026-11-27": that year, month or day.
 * @returns undefined if the text is none
 */
export function parseRange(text: string, present: Present): TimeRange | undefined {
  const words = plainWords(text);
  const { now, timezone } = present;
  const period = PERIOD.exec(NAMED[words] ?? words);
  if (period) return periodRange(period[1] === "this", period[2] as GrainUnit, present);
  const start = goBack(words.replace(/^last /, ""), present);
  if (start !== undefined) return { from: start, to: now };
  const written = WRITTEN.exec(words);
  const from = written ? parseMoment(words, timezone) : undefined;
  if (from === undefined) return undefined;
  const unit = written?.[3] !== undefined ? "day" : written?.[2] !== undefined ? "month" : "year";
  const [, to = from] = gridEdges({ from, to: from + 1, grain: { unit, count: 1 }, timezone });
  return { from, to };
}

const NAMED: Readonly<Record<string, string>> = { today: "this day", yesterday: "last day" };

/**
 * Reads a moment in words: "now", "today", "yesterday" and "tomorrow" (their first moments), "3 days ago", "24h ago".
 * @returns microseconds since 1970, or undefined if the text is none
 */
export function parseRelativeMoment(text: string, present: Present): number | undefined {
  const words = plainWords(text);
  const { now, timezone } = present;
  if (words === "now") return now;
  const days = { yesterday: -1, today: 0, tomorrow: 1 }[words];
  if (days !== undefined) {
    const midnight = Math.floor(wallTime(now, timezone) / 86_400_000) * 86_400_000;
    return momentOfWall(stepWall(midnight, { days }), timezone);
  }
  return words.endsWith(" ago") ? goBack(words.slice(0, -" ago".length), present) : undefined;
}

function plainWords(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, " ");
}

function periodRange(current: boolean, unit: GrainUnit, { now, timezone }: Present): TimeRange {
  const edgeBefore = (moment: number): number =>
    gridEdges({ from: moment, to: moment + 1, grain: { unit, count: 1 }, timezone })[0] ?? moment;
  const start = edgeBefore(now);
  return current ? { from: start, to: now } : { from: edgeBefore(start - 1), to: start };
}

/** The moment so long before now. Hours and shorter, and lengths such as "7d", are lengths of time; days in words and longer are steps on the calendar. */
function goBack(length: string, { now, timezone }: Present): number | undefined {
  const duration = parseDuration(length.replaceAll(" ", ""));
  if (duration !== undefined) return duration > 0 ? now - duration * 1_000 : undefined;
  const match = LENGTH.exec(length);
  const count = Number(match?.[1]);
  const unit = match?.[2] ?? "";
  if (!match || count === 0) return undefined;
  const fixed = FIXED[unit];
  if (fixed !== undefined) return now - count * fixed * 1_000;
  const step = STEPS[unit]?.(count);
  return step && momentOfWall(stepWall(wallTime(now, timezone), step), timezone);
}
