import type { DimensionValue, Watermark } from "../../model/index.ts";
import type { Moment } from "../resolve-moment.ts";
import type { MetricRef, TrendRequest } from "../trends/trend-request.ts";

/** A question about what late events changed. The range is widened to whole buckets. */
export interface RevisionRequest extends Pick<
  TrendRequest,
  "from" | "to" | "range" | "grain" | "timezone" | "groupBy" | "filter" | "now" | "signal"
> {
  /** A metric that is measured, no ratio or formula. */
  readonly metric: MetricRef;
  /** Compares with what the log held at this moment, of the buckets that were final then. Default: with what it held when each bucket became final. */
  readonly against?: Moment;
  /** Most rows of an answer. Default 1000; the newest buckets come first. */
  readonly limit?: number;
}

/** A bucket that events changed after it was final. */
export interface RevisionRow {
  /** The bucket `[start, end)`. */
  readonly start: Date;
  readonly end: Date;
  /** Dimension -> value. */
  readonly group: Readonly<Record<string, DimensionValue>>;
  /** Output of the measure -> value when the bucket became final (or at `against`); null = there was none. */
  readonly before: Readonly<Record<string, number | string | null>>;
  /** Output of the measure -> value now. */
  readonly now: Readonly<Record<string, number | string | null>>;
  /** Events that came after that; at least 1. */
  readonly events: number;
  /** When the first and the last of them were stored. */
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** An answer: buckets that late events came into, the newest first, then by the values of the dimensions. */
export interface RevisionAnswer {
  readonly metric: string;
  readonly unit?: string;
  readonly from: Date;
  readonly to: Date;
  readonly grain: string;
  readonly timezone: string;
  readonly groupBy: readonly string[];
  /** Names of the values of each row, in order. */
  readonly outputs: readonly string[];
  /** How long after its end a bucket became final. */
  readonly lateness: string;
  readonly rows: readonly RevisionRow[];
  /** Whether there are more rows than `limit`. */
  readonly more: boolean;
  /** Every event at or before it is counted. */
  readonly watermark: Watermark;
}
