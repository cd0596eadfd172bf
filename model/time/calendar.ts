import { WEEKDAYS, type Grain } from "./grain.ts";

const DAY = 86_400_000;
/** 1 January 1970 was a Thursday. */
const FIRST_DAY = WEEKDAYS.indexOf("thursday");

/**
 * Calendar periods counted by integers, on a wall clock: milliseconds since 1970-01-01T00:00 as a clock on the wall shows them, without any zone.
 * Several of them are counted as ClickHouse's `toStartOfInterval` does: days from 1970, weeks from its first Monday (or whatever day they begin with), months and quarters from 1900, years from 0;
 * so "3 months" are quarters and "10 years" decades.
 */
export interface Calendar {
  /** Number of the period that a wall time lies in. */
  readonly numberOf: (wall: number) => number;
  /** Wall time at which a period begins. */
  readonly startOf: (number: number) => number;
}

const CALENDARS: Partial<Readonly<Record<Grain["unit"], (grain: Grain) => Calendar>>> = {
  day: ({ count }) => days(count, 0),
  week: ({ count, firstDay = "monday" }) => days(7 * count, (7 + WEEKDAYS.indexOf(firstDay) - FIRST_DAY) % 7),
  month: ({ count }) => months(count, 1900),
  quarter: ({ count }) => months(3 * count, 1900),
  year: ({ count }) => months(12 * count, 0),
};

/** The periods of a grain of days or longer; undefined for hours and shorter, which are lengths of time. */
export function calendarOf(grain: Grain): Calendar | undefined {
  return CALENDARS[grain.unit]?.(grain);
}

function days(length: number, origin: number): Calendar {
  return {
    numberOf: (wall) => Math.floor((wall / DAY - origin) / length),
    startOf: (number) => (number * length + origin) * DAY,
  };
}

function months(length: number, firstYear: number): Calendar {
  return {
    numberOf: (wall) => {
      const date = new Date(wall);
      return Math.floor(((date.getUTCFullYear() - firstYear) * 12 + date.getUTCMonth()) / length);
    },
    startOf: (number) => Date.UTC(firstYear + Math.floor((number * length) / 12), (number * length) % 12),
  };
}
