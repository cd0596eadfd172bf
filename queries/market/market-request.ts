import type { DimensionValue, Watermark } from "../../model/index.ts";
import type { AsOf } from "../as-of.ts";
import type { RangeRequest } from "../resolve-range.ts";
import type { BucketState } from "../trends/trend-answer.ts";

/** What all questions about a market have in common; of the range `[from, to)` is `to` now unless said. */
export interface MarketRequest extends RangeRequest {
  /** IANA zone of the times. Default: the project's. */
  readonly timezone?: string;
  /** Field that tells instruments apart, the same in all events asked about. Default: `subject`. */
  readonly by?: string;
  /** Only these instruments. */
  readonly only?: readonly string[];
  /** Counts what the log held then, and no more: a watermark, a sequence or a time. Default: what is ingested now. */
  readonly asOf?: AsOf;
  /** The present: no price is carried beyond it. Default: the clock. */
  readonly now?: Date;
  /** Until when the caller knows the log to be ingested, for the state of the buckets. Default: the ledger's last store time. */
  readonly ingestedUntil?: Date;
  /** Kills the query. */
  readonly signal?: AbortSignal;
}

/** Prices over time. */
export interface CandlesRequest extends MarketRequest {
  /** Type of the events that have a price: trades, or quotes. */
  readonly event: string;
  /** Numeric field of the price; events without one are left out. */
  readonly price: string;
  /** Numeric field of the size. Without it there is no volume and no VWAP. */
  readonly size?: string;
  /** Width of a candle, e.g. "minute", "hour", "day". */
  readonly grain: string;
}

/** One bucket of one instrument. */
export interface Candle {
  readonly instrument: DimensionValue;
  /** The bucket `[start, end)`. */
  readonly start: Date;
  readonly end: Date;
  readonly state: BucketState;
  /** Whether the range holds only a part of the bucket. */
  readonly partial: boolean;
  /** First, greatest, least and last price in the order of time and then of the log; null without a trade. */
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  readonly trades: number;
  /** Sum of the sizes; null if none was asked for. */
  readonly volume: number | null;
  /** Mean price, each weighted by its size; null without volume. */
  readonly vwap: number | null;
  /** Mean price over the time of the bucket, each price holding until the next, that of before the bucket included; null while no price is known. */
  readonly twap: number | null;
}

/** Candles by time, then by instrument: every bucket of every instrument that has a price in the range or before it. */
export interface CandlesAnswer {
  readonly event: string;
  readonly from: Date;
  readonly to: Date;
  readonly grain: string;
  readonly timezone: string;
  readonly candles: readonly Candle[];
  /** Every event at or before it is counted, and no other. */
  readonly watermark: Watermark;
}
