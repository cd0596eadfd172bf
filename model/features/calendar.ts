import type { CalendarFeature, FeatureWords } from "./feature.ts";

/** What clocks and calendar show at T, and the whole numbers that it can be: weeks are ISO's, from Monday (1) to Sunday (7). */
export const CALENDAR_PARTS = {
  minute_of_hour: "0 to 59",
  hour_of_day: "0 to 23",
  day_of_week: "1 (Monday) to 7 (Sunday)",
  day_of_month: "1 to 31",
  day_of_year: "1 to 366",
  week_of_year: "1 to 53 (ISO 8601)",
  month_of_year: "1 to 12",
  quarter_of_year: "1 to 4",
  year: "the year",
} as const;

/** A part of the calendar, e.g. "hour_of_day". */
export type CalendarPart = keyof typeof CALENDAR_PARTS;

/**
 * Parts of T as the clocks of an IANA zone show it; never null. Several are a feature each: "local" with ["hour_of_day", "day_of_week"] is `local_hour_of_day` and `local_day_of_week`.
 * @example calendar(["hour_of_day", "day_of_week"], "Europe/Berlin")
 */
export function calendar(part: CalendarPart | readonly CalendarPart[], zone: string, options: FeatureWords = {}): CalendarFeature {
  return { kind: "calendar", part, zone, ...options };
}
