import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { parseGrain, type GrainUnit } from "../../model/index.ts";
import type { TrendAnswer, TrendRow } from "../../queries/index.ts";
import type { BucketMark } from "./chart.ts";

/** A bucket of an answer, with its name in the zone of the question. */
export interface NamedBucket {
  readonly name: string;
  readonly mark: BucketMark;
  readonly partial: boolean;
}

/** How a bucket is called, in the patterns of date-fns (Unicode TR 35); days and weeks by their first day. */
const PATTERNS: Partial<Readonly<Record<GrainUnit, string>>> = {
  second: "yyyy-MM-dd HH:mm:ss",
  minute: "yyyy-MM-dd HH:mm",
  hour: "yyyy-MM-dd HH:mm",
  month: "yyyy-MM",
  quarter: "yyyy-'Q'Q",
  year: "yyyy",
};

/** The buckets of an answer. Rows come by time, then by group: each distinct start is a bucket. */
export function namedBuckets({ grain, rows, timezone }: TrendAnswer): NamedBucket[] {
  const firsts = new Map<number, TrendRow>();
  for (const row of rows) if (!firsts.has(row.start.getTime())) firsts.set(row.start.getTime(), row);
  const pattern = PATTERNS[parseGrain(grain)?.unit ?? "day"] ?? "yyyy-MM-dd";
  return [...firsts.values()].map(({ partial, start, state }) => ({ name: localTime(start, timezone, pattern), mark: state, partial }));
}

/** A moment on the clocks of a zone. */
export function localTime(instant: Date, timezone: string, pattern = "yyyy-MM-dd HH:mm"): string {
  return format(new TZDate(instant, timezone), pattern);
}
