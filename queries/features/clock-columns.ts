import { offsetSpans, type CalendarPart } from "../../model/index.ts";

const PARTS: Readonly<Record<CalendarPart, string>> = {
  minute_of_hour: "toMinute",
  hour_of_day: "toHour",
  day_of_week: "toDayOfWeek",
  day_of_month: "toDayOfMonth",
  day_of_year: "toDayOfYear",
  week_of_year: "toISOWeek",
  month_of_year: "toMonth",
  quarter_of_year: "toQuarter",
  year: "toYear",
};

/**
 * What the clocks of zones show at each label's time. Their offsets are those of the bucket grid, so that a feature, a trend and a dashboard agree on what day it is, whatever
 * tables of zones the database has.
 */
export class ClockColumns {
  readonly #times: { readonly first: number; readonly last: number };
  readonly #walls = new Map<string, string>();

  /** @param times first and last label time, microseconds since 1970 */
  constructor(times: { readonly first: number; readonly last: number }) {
    this.#times = times;
  }

  /** A part of the calendar at `spine.spine_time`, Int64. */
  part(part: CalendarPart, zone: string): string {
    const known = this.#walls.get(zone);
    const wall = known ?? `wall_${this.#walls.size}`;
    this.#walls.set(zone, wall);
    return `toInt64(${PARTS[part]}(${wall}))`;
  }

  /** The definitions that `part` refers to, as a WITH clause; empty if there are none. */
  get sql(): string {
    const walls = [...this.#walls].map(([zone, wall]) => `${this.#wallSql(zone)} AS ${wall}`);
    return walls.length === 0 ? "" : `WITH ${walls.join(",\n")} `;
  }

  /** The time that a zone's clocks show, as if they stood in UTC; seconds are enough for all parts. */
  #wallSql(zone: string): string {
    const { first, last } = this.#times;
    const spans = offsetSpans(zone, Math.floor(first / 1_000), Math.floor(last / 1_000) + 1);
    const seconds = "intDiv(toUnixTimestamp64Micro(spine.spine_time), 1000000)";
    const offsets = spans.map(({ offset }) => offset / 1_000);
    const changes = spans.slice(1).map(({ from }) => from / 1_000);
    const past = changes.length === 0 ? "0" : `arrayCount(change -> ${seconds} >= change, [${changes.join(", ")}])`;
    return `toDateTime64(${seconds} + [${offsets.join(", ")}][1 + ${past}], 0, 'UTC')`;
  }
}
