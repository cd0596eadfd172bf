import type { DimensionValue, Watermark } from "../../model/index.ts";
import type { Transform, Window } from "./trend-request.ts";

/** Whether a bucket's value can still change: `open` = it is not over, or not all of it is ingested; `provisional` = over, but within the project's `lateness`; else `final`. */
export type BucketState = "open" | "provisional" | "final";

/** A value: a number, the text of a `first` or `last`; null = there is none. */
export type TrendValue = number | string | null;

/** Values by their names, those of {@link TrendAnswer.outputs}. */
export type TrendValues = Readonly<Record<string, TrendValue>>;

/** Of which series something is. */
export interface SeriesRef {
  /** Dimension -> value; empty without `groupBy`, all null for {@link other}. */
  readonly group: Readonly<Record<string, DimensionValue>>;
  /** With `top`: whether this is all the groups that are not among the top. */
  readonly other?: true;
}

/** How values compare with those of another period. */
export interface Compared {
  /** Values of the other period. */
  readonly values: TrendValues;
  /** This period's value less the other's; null where either is null or text, or this period's part is not over or not ingested yet. */
  readonly difference: Readonly<Record<string, number | null>>;
  /** The difference in percent of the other's size; null also where that is 0. */
  readonly growth: Readonly<Record<string, number | null>>;
}

/** One bucket of one series. */
export interface TrendRow extends SeriesRef {
  /** The bucket `[start, end)`. */
  readonly start: Date;
  readonly end: Date;
  readonly state: BucketState;
  /** Whether the range holds only a part of the bucket: its value is that part's. Only the first and the last bucket can be partial. */
  readonly partial: boolean;
  readonly values: TrendValues;
  /** With `compare`: the bucket of the other period; null where that has none of the name (31 February, an hour that clocks skipped). */
  readonly compared?: (Compared & { readonly start: Date; readonly end: Date }) | null;
}

/** What a series comes to over the whole range, as one bucket: distinct values are counted once, ratios are computed from their parts' totals. Neither window nor transform nor fill. */
export interface TrendTotal extends SeriesRef {
  readonly values: TrendValues;
  readonly compared?: Compared;
}

/** Where the events of a metric were read. */
export interface TrendSource {
  /** A metric that is measured, and not worked out from others. */
  readonly metric: string;
  /** `mixed`: rollups, and the raw events for the ends of the range that lie within a bucket of the finest one that is read. */
  readonly kind: "rollup" | "raw" | "mixed";
  /** Of several rollups the coarsest. */
  readonly table: string;
  /** Why this source, as a sentence. */
  readonly why: string;
}

/** A metric that was asked for. */
export interface AnsweredMetric {
  readonly name: string;
  readonly description?: string;
  /** What one unit of the values is, after `transform`: "%" for growth, "USD/s" for a rate. */
  readonly unit?: string;
  /** Names of its values. */
  readonly outputs: readonly string[];
  /** Whether values of several buckets may be added. */
  readonly adds: boolean;
}

/** An answer: every bucket of the range for every series, ordered by time, then by the values of the dimensions. */
export interface TrendAnswer {
  readonly metrics: readonly AnsweredMetric[];
  readonly from: Date;
  readonly to: Date;
  readonly grain: string;
  readonly timezone: string;
  readonly groupBy: readonly string[];
  /** What each value is of, and what was made of it, as asked for. */
  readonly window?: Window;
  readonly transform?: Transform;
  /** Names of the values of each row, in order. */
  readonly outputs: readonly string[];
  readonly rows: readonly TrendRow[];
  /** One for each series, in their order. */
  readonly totals: readonly TrendTotal[];
  /** The other period: what was asked for ("week"), and which it is. */
  readonly comparedWith?: { readonly period: string; readonly from: Date; readonly to: Date };
  /** Every event at or before it is counted; with `asOf` no other. */
  readonly watermark: Watermark;
  /** One for each measured metric that the answer needed, and the other period's where they differ. */
  readonly sources: readonly TrendSource[];
}
