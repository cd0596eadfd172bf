import type { Metric, Watermark } from "../../model/index.ts";

/** A moment: a Date, microseconds since 1970, or ISO 8601 text; text without a zone is read on the clocks of the request's zone. */
export type Moment = Date | number | string;

/** A value that a dimension can have; null = the event lacks the field. Integers beyond 2^53 come as text, so that no digit is lost. */
export type DimensionValue = string | number | boolean | null;

/** What an empty bucket shows: nothing, zero, the value before it, or the line between its neighbours. */
export type Fill = "none" | "zero" | "previous" | "linear";

/** A question about change over time. */
export interface TrendRequest {
  /** A metric of the project, or its name. */
  readonly metric: string | Metric;
  /** The range `[from, to)`: no event outside it counts. */
  readonly from: Moment;
  readonly to: Moment;
  /** Width of a bucket, e.g. "5 minutes", "hour", "day", "week", "3 months". */
  readonly grain: string;
  /** IANA zone of the buckets. Default: the project's. */
  readonly timezone?: string;
  /** Dimensions of the metric: one series for each combination of their values. */
  readonly groupBy?: readonly string[];
  /** For each dimension the value, or the values, that count. */
  readonly filter?: Readonly<Record<string, DimensionValue | readonly DimensionValue[]>>;
  /** Default: zero for measures that are 0 without events (count, sum, uniq), none for the others. */
  readonly fill?: Fill;
  /** Counts what the log held at this position, and no more; the answer is then the same at any later time. Default: everything. */
  readonly asOf?: Watermark;
  /** Default "auto": the rollup where it gives exactly the answer of the raw events. */
  readonly source?: "auto" | "raw";
  /** The present, for the state of the buckets. Default: the clock. */
  readonly now?: Date;
  /** Until when the caller knows the log to be ingested, for the state of the buckets: now, say, if no message is waiting. Default: the ledger's last store time. */
  readonly ingestedUntil?: Date;
  /** Kills the query. */
  readonly signal?: AbortSignal;
}

/** Whether a bucket's value can still change: `open` = it is not over, or not all of it is ingested; `provisional` = over, but within the project's `lateness`; else `final`. */
export type BucketState = "open" | "provisional" | "final";

/** One bucket of one series. */
export interface TrendRow {
  /** The bucket `[start, end)`. */
  readonly start: Date;
  readonly end: Date;
  readonly state: BucketState;
  /** Whether the range holds only a part of the bucket: its value is that part's. Only the first and the last bucket can be partial. */
  readonly partial: boolean;
  /** Dimension -> value. */
  readonly group: Readonly<Record<string, DimensionValue>>;
  /** Output of the measure ("value", or "p50", "p95" … of quantiles) -> value; null = there is none. */
  readonly values: Readonly<Record<string, number | string | null>>;
}

/** Where an answer came from. */
export interface TrendSource {
  /** `mixed`: the rollup, and the raw events for the ends of the range that lie within a bucket of the rollup. */
  readonly kind: "rollup" | "raw" | "mixed";
  readonly table: string;
  /** Why this source, as a sentence. */
  readonly why: string;
}

/** An answer: every bucket of the range for every series, ordered by time, then by the values of the dimensions. */
export interface TrendAnswer {
  readonly metric: string;
  readonly description?: string;
  /** What one unit of the values is. */
  readonly unit?: string;
  readonly from: Date;
  readonly to: Date;
  readonly grain: string;
  readonly timezone: string;
  readonly groupBy: readonly string[];
  /** Names of the values of each row, in order. */
  readonly outputs: readonly string[];
  readonly rows: readonly TrendRow[];
  /** Every event at or before it is counted; with `asOf` no other. */
  readonly watermark: Watermark;
  readonly source: TrendSource;
}
