import { fixedGrainMs, parseGrain, type Grain } from "../../model/index.ts";

/** What repeats: the hours of a day, the hours or days of a week, the weeks, months or quarters of a year. */
export type SeasonName = "day" | "week" | "year";

/** Where a bucket stands in a season. */
export interface SeasonPlace {
  /** Number of the day, week (from Monday) or year on the clocks of the zone. */
  readonly cycle: number;
  /** Place in it, from 0: buckets of the same place are compared. */
  readonly phase: number;
}

/** A season that buckets of a grain can have. */
export interface Season {
  readonly name: SeasonName;
  /** How many places a cycle has (a year may have one week more). */
  readonly phases: number;
  readonly placeOf: (start: Date) => SeasonPlace;
}

const DAY = 86_400_000;

/**
 * The seasons that buckets of a grain can have. Places are told by what the zone's clocks show when a bucket begins, not by counting buckets: 9 o'clock is compared with 9 o'clock, also after
 * a day of 23 or 25 hours; an hour that is repeated has the same place twice.
 */
export function seasonsOf(grain: string, timezone: string): Season[] {
  const parsed = parseGrain(grain);
  if (!parsed) return [];
  const wall = wallClock(timezone);
  const length = fixedGrainMs(parsed);
  if (length !== undefined) return DAY % length === 0 && length < DAY ? clockSeasons(length, wall) : [];
  return calendarSeasons(parsed, wall);
}

/** Milliseconds since 1970 that the clocks show, as if they were UTC. */
type WallClock = (instant: Date) => number;

function clockSeasons(length: number, wall: WallClock): Season[] {
  return [
    {
      name: "day",
      phases: DAY / length,
      placeOf: (start) => split(wall(start), DAY, length),
    },
    {
      name: "week",
      phases: (7 * DAY) / length,
      // 1 January 1970 was a Thursday.
      placeOf: (start) => split(wall(start) + 3 * DAY, 7 * DAY, length),
    },
  ];
}

function split(at: number, cycle: number, length: number): SeasonPlace {
  const number = Math.floor(at / cycle);
  return { cycle: number, phase: Math.floor((at - number * cycle) / length) };
}

function calendarSeasons({ unit, count }: Grain, wall: WallClock): Season[] {
  const months = unit === "month" ? count : unit === "quarter" ? 3 * count : 0;
  if (unit === "day" && count === 1) {
    return [{ name: "week", phases: 7, placeOf: (start) => split(wall(start) + 3 * DAY, 7 * DAY, DAY) }];
  }
  if (unit === "week" && count === 1) return [{ name: "year", phases: 52, placeOf: (start) => weekOfYear(wall(start)) }];
  if (months === 0 || months >= 12 || 12 % months !== 0) return [];
  return [
    {
      name: "year",
      phases: 12 / months,
      placeOf: (start) => {
        const date = new Date(wall(start));
        return { cycle: date.getUTCFullYear(), phase: Math.floor(date.getUTCMonth() / months) };
      },
    },
  ];
}

/** The ISO year and week: those of the week's Thursday. */
function weekOfYear(wall: number): SeasonPlace {
  const thursday = Math.floor((wall / DAY + 3) / 7) * 7 * DAY;
  const year = new Date(thursday).getUTCFullYear();
  return { cycle: year, phase: Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY)) };
}

function wallClock(timezone: string): WallClock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  // Back-tests ask for the same moments again and again, and writing a date takes 2 µs.
  const known = new Map<number, number>();
  return (instant) => {
    const at = instant.getTime();
    const found = known.get(at) ?? readClock(format.format(instant));
    known.set(at, found);
    return found;
  };
}

function readClock(text: string): number {
  const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = (text.match(/\d+/g) ?? []).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
