import { Dice } from "./dice.ts";
import type { Shop } from "./shop.ts";

const HOUR = 3_600_000;
const DAY = 86_400_000;

/** Black Friday 2026, as days since 1970. */
const BLACK_FRIDAY = Date.UTC(2026, 10, 27) / DAY;
/** The shop holds a Black Friday every fourth week, so that any month of its history has one; from 2024 to 2029 these include the real ones. */
const SALE_CYCLE = 28;
/** Traffic by days since the Friday of the sale, as a multiple of an ordinary day: the eve, Friday, the weekend, Cyber Monday. */
const SALE: Readonly<Record<number, number>> = { [-1]: 1.3, 0: 5, 1: 2.5, 2: 2, 3: 2.4 };
/** Sunday to Saturday; the mean is 1. */
const WEEK = [1.15, 1, 0.95, 0.95, 0.95, 0.9, 1.1];
/** Share of a day's visits by hour, UTC: quiet nights, a noon bump and a long evening. */
const HOURS = [2, 1, 0.7, 0.6, 0.7, 1.2, 2.2, 3.4, 4.4, 4.9, 5.2, 5.5, 5.8, 5.4, 5, 5, 5.2, 5.8, 6.6, 7.4, 7.8, 6.9, 4.8, 3.1];

/** Visits that begin before each hour of a day, as a share of the day's: 0 … 1 in 25 steps. */
const BEFORE_HOUR = HOURS.reduce((sums, share) => [...sums, (sums.at(-1) ?? 0) + share], [0]).map(
  (sum, _index, sums) => sum / (sums.at(-1) ?? 1),
);

/** One visit of the shop: the n-th of a UTC day. */
export interface Visit {
  /** Days since 1970. */
  readonly day: number;
  /** Place in the day, from 0. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly start: number;
}

/** Days since the last Friday of a sale (27 = the day before the next). */
function daysIntoSale(day: number): number {
  return (((day - BLACK_FRIDAY) % SALE_CYCLE) + SALE_CYCLE) % SALE_CYCLE;
}

/** Whether a UTC day (days since 1970) is a sale's Friday. */
export function isBlackFriday(day: number): boolean {
  return daysIntoSale(day) === 0;
}

/** How many visits a UTC day (days since 1970) has. */
export function visitsOn(shop: Shop, day: number): number {
  const since = daysIntoSale(day);
  const sale = SALE[since === SALE_CYCLE - 1 ? -1 : since] ?? 1;
  const weekday = WEEK[(((day + 4) % 7) + 7) % 7] ?? 1; // day 0 was a Thursday
  const weather = new Dice(shop.seed, day, -1).between(0.94, 1.06);
  return Math.round(shop.visitsPerDay * weekday * sale * weather);
}

/**
 * The visits that begin in [from, to) (milliseconds since 1970; `to` may be Infinity), in order of their start. Visit n of a day falls into the
 * n-th of as many equal shares of the day's traffic, so the order needs no sorting and any stretch of time can be entered anywhere.
 */
export function* visitsBetween(shop: Shop, from: number, to: number): Generator<Visit> {
  for (let day = Math.floor(from / DAY); day * DAY < to; day += 1) {
    const count = visitsOn(shop, day);
    let hour = 0;
    for (let number = Math.floor(shareBefore(from - day * DAY) * count); number < count; number += 1) {
      const share = (number + new Dice(shop.seed, day, number).next()) / count;
      while (share >= trafficBefore(hour + 1) && hour < 23) hour += 1;
      const intoHour = (share - trafficBefore(hour)) / (trafficBefore(hour + 1) - trafficBefore(hour));
      const start = Math.floor(day * DAY + (hour + intoHour) * HOUR);
      if (start >= to) return;
      if (start >= from) yield { day, number, start };
    }
  }
}

/** Share of a day's visits that begin before its hour, 0 to 24. */
function trafficBefore(hour: number): number {
  return BEFORE_HOUR[hour] ?? 1;
}

/** Share of a day's visits that begin in its first `ms` milliseconds; one visit too few rather than one too many. */
function shareBefore(ms: number): number {
  const hour = Math.floor(ms / HOUR);
  if (hour < 0) return 0;
  const share = trafficBefore(hour) + (ms / HOUR - hour) * (trafficBefore(hour + 1) - trafficBefore(hour));
  return Math.max(0, share - 1e-9);
}
