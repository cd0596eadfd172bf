import { TZDate } from "@date-fns/tz";
import { add } from "date-fns/add";
import { calendarOf } from "./calendar.ts";
import { fixedGrainMs, type Grain } from "./grain.ts";
import { momentOf, offsetSpans } from "./zone-offsets.ts";

const MICROS = 1_000;

/** A step on the calendar: months first, then days. Either may be negative. */
export interface CalendarStep {
  readonly months?: number;
  readonly days?: number;
  readonly milliseconds?: number;
}

/**
 * What a zone's clocks show at a moment, as milliseconds since 1970-01-01T00:00 on those clocks.
 * @param moment microseconds since 1970
 * @throws RangeError if the runtime does not know the zone
 */
export function wallTime(moment: number, timezone: string): number {
  const ms = moment / MICROS;
  return ms + (offsetSpans(timezone, ms, ms + 1).find(({ to }) => ms < to)?.offset ?? 0);
}

/** The first moment (microseconds since 1970) at which a zone's clocks show a wall time or later. */
export function momentOfWall(wall: number, timezone: string): number {
  return Math.round(momentOf(wall, timezone) * MICROS);
}

/** A wall time moved on the calendar; of a day that the month lacks the last one of the month is taken, as date-fns does: a month before 31 March is 28 (or 29) February. */
export function stepWall(wall: number, { months = 0, days = 0, milliseconds = 0 }: CalendarStep): number {
  // In UTC, where every day has 24 hours, for a wall time belongs to no zone.
  const whole = Math.floor(wall);
  return add(new TZDate(whole, "UTC"), { months, days }).getTime() + (wall - whole) + milliseconds;
}

/**
 * The wall time that a bucket is called by: the start of its period, also where clocks jump over that (a day that begins at 01:00 is called by its midnight).
 * @param edge a bucket's start, microseconds since 1970
 */
export function nominalStart(edge: number, grain: Grain, timezone: string): number {
  return periodOf(wallTime(edge, timezone), grain);
}

/** Start of the period of a grain that a wall time lies in, as a wall time. */
export function periodOf(wall: number, grain: Grain): number {
  const calendar = calendarOf(grain);
  if (calendar) return calendar.startOf(calendar.numberOf(wall));
  const length = fixedGrainMs(grain) ?? 1;
  return Math.floor(wall / length) * length;
}
