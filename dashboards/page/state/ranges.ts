import type { Board } from "../api/wire.ts";
import type { Route, View } from "./route.ts";

/** A range of time to choose, in the words of `hydrograph trend --last`, and about how long it is. */
interface NamedRange {
  readonly words: string;
  readonly label: string;
  readonly hours: number;
}

const DAY = 24;
const YEAR = 366 * DAY;

/** The ranges to choose from. */
export const RANGES: readonly NamedRange[] = [
  { words: "1 hour", label: "last hour", hours: 1 },
  { words: "6 hours", label: "last 6 hours", hours: 6 },
  { words: "24 hours", label: "last 24 hours", hours: DAY },
  { words: "7 days", label: "last 7 days", hours: 7 * DAY },
  { words: "30 days", label: "last 30 days", hours: 30 * DAY },
  { words: "90 days", label: "last 90 days", hours: 90 * DAY },
  { words: "12 months", label: "last 12 months", hours: YEAR },
  { words: "today", label: "today", hours: DAY },
  { words: "yesterday", label: "yesterday", hours: DAY },
  { words: "this week", label: "this week", hours: 7 * DAY },
  { words: "this month", label: "this month", hours: 31 * DAY },
  { words: "this year", label: "this year", hours: YEAR },
];

/** What a view shows unless said: of the pipeline, what goes wrong now; of a dashboard of the project's own, what it declares. */
export function defaultRange(view: View, board?: Pick<Board, "rangeSeconds">): string {
  if (view === "board" && board) return rangeWords(board.rangeSeconds / 3_600);
  return view === "health" ? "1 hour" : "7 days";
}

function rangeWords(hours: number): string {
  const named = RANGES.find((range) => /^\d/.test(range.words) && range.hours === hours);
  if (named) return named.words;
  if (hours % DAY === 0) return `${hours / DAY} days`;
  return Number.isInteger(hours) ? `${hours} hours` : `${Math.round(hours * 60)} minutes`;
}

/** The part of a question that says which time it is about. */
export type RangeQuestion = { readonly range: string } | { readonly from: string; readonly to?: string };

/** The range of a route: dates of its own, or words. */
export function rangeOf({ params: { from, range, to }, view }: Route, board?: Pick<Board, "rangeSeconds">): RangeQuestion {
  if (from !== undefined && from !== "") return { from, ...(to === undefined || to === "" ? {} : { to }) };
  return { range: range ?? defaultRange(view, board) };
}

/** Widths of a bucket, and the longest range, in hours, that is cut into them unless said: about 50 to 250 buckets. */
const GRAINS: readonly (readonly [grain: string, hours: number])[] = [
  ["minute", 4],
  ["5 minutes", 13],
  ["15 minutes", 2 * DAY],
  ["hour", 10 * DAY],
  ["6 hours", 32 * DAY],
  ["day", 250 * DAY],
  ["week", 3 * YEAR],
  ["month", 20 * YEAR],
];

/** Widths to choose from. */
export const GRAIN_NAMES = [...GRAINS.map(([grain]) => grain), "quarter", "year"] as const;

/** The width of a bucket that suits a range. @param now milliseconds since 1970 */
export function grainFor(range: RangeQuestion, now: number): string {
  const hours = hoursOf(range, now);
  return GRAINS.find(([, longest]) => hours <= longest)?.[0] ?? "year";
}

function hoursOf(range: RangeQuestion, now: number): number {
  if ("range" in range) {
    const [, count = "", unit = ""] = /^(\d+) (minutes|hours|days)$/.exec(range.range) ?? [];
    const written = count === "" ? 7 * DAY : Number(count) * (unit === "minutes" ? 1 / 60 : unit === "days" ? DAY : 1);
    return RANGES.find(({ words }) => words === range.range)?.hours ?? written;
  }
  const to = range.to === undefined ? now : Date.parse(range.to);
  const hours = (to - Date.parse(range.from)) / 3_600_000;
  return Number.isFinite(hours) ? Math.max(0, hours) : 7 * DAY;
}
