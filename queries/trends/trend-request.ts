import type { DerivedMetric, Filter, Metric } from "../../model/index.ts";
import type { AsOf } from "../as-of.ts";
import type { Moment } from "../resolve-moment.ts";

/** A metric, ratio or formula of the project, or its name. */
export type MetricRef = string | Metric | DerivedMetric;

/** What an empty bucket shows: nothing, zero, the value before it, or the line between its neighbours. */
export type Fill = "none" | "zero" | "previous" | "linear";

/**
 * What stretch of time each bucket's value is of, besides its own:
 * - `rolling`: the last so many buckets together, as if they were one: a moving sum; of distinct values, quantiles, ratios … what they are over all of it;
 * - `average`: the mean of the last so many buckets; of a ratio or mean what it is over all of them, so that each event weighs the same;
 * - `cumulative`: all buckets of the range up to this one together.
 */
export type Window = { readonly kind: "rolling" | "average"; readonly buckets: number } | { readonly kind: "cumulative" };

/** What is made of the values: what they grew by since the bucket before, the same in percent, or what they are per second. */
export type Transform = "difference" | "growth" | "rate";

/** A question about change over time. */
export interface TrendRequest {
  /** One metric, whose values are called "value" (or "p50", "p95" …); or a list, whose values are called by their metrics ("orders", "latency.p95"). */
  readonly metric: MetricRef | readonly MetricRef[];
  /** The range `[from, to)`: no event outside it counts. `to` is now unless said. Words such as "yesterday" and "3 days ago" are understood. */
  readonly from?: Moment;
  readonly to?: Moment;
  /** Instead of `from` and `to`: "today", "this month", "last week", "24h", "3 months", "2026-11" … */
  readonly range?: string;
  /** Width of a bucket, e.g. "5 minutes", "hour", "day", "week", "week from sunday", "3 months". */
  readonly grain: string;
  /** IANA zone of the buckets. Default: the project's. */
  readonly timezone?: string;
  /** Dimensions of the metrics: one series for each combination of their values. */
  readonly groupBy?: readonly string[];
  /** Only so many series, those with the greatest value over the range of the metric named (default: the first one; of a ratio its denominator); all others are one more, computed together. */
  readonly top?: number | { readonly groups: number; readonly by: string };
  /** Which events count, by any fields of the metrics' events. What is no dimension is looked up in the raw events. */
  readonly filter?: Filter;
  readonly window?: Window;
  /** Made of the values after `window` and `fill`. */
  readonly transform?: Transform;
  /** Puts another period beside this one, bucket by bucket: "previous" (as long, right before), or that so long ago: "day", "week", "52 weeks", "month", "year" … */
  readonly compare?: string;
  /** Default: zero for measures that are 0 without events (count, sum, uniq), none for the others. */
  readonly fill?: Fill;
  /** Counts what the log held then, and no more; the answer is then the same at any later time. Default: everything. */
  readonly asOf?: AsOf;
  /** Default "auto": the rollup where it gives exactly the answer of the raw events. */
  readonly source?: "auto" | "raw";
  /** The present, for words and for the state of the buckets. Default: the clock. */
  readonly now?: Date;
  /** Until when the caller knows the log to be ingested, for the state of the buckets: now, say, if no message is waiting. Default: the ledger's last store time. */
  readonly ingestedUntil?: Date;
  /** Kills the query. */
  readonly signal?: AbortSignal;
}
