import type { Filter, Watermark } from "../../model/index.ts";
import type { AsOf } from "../as-of.ts";
import type { Moment } from "../resolve-moment.ts";

/** What every question about behaviour may say. */
export interface BehaviourRequest {
  /** The range `[from, to)`; what it means exactly stands with each question. `to` is now unless said. Words such as "yesterday" and "3 days ago" are understood. */
  readonly from?: Moment;
  readonly to?: Moment;
  /** Instead of `from` and `to`: "today", "this month", "last week", "24h", "3 months", "2026-11" … */
  readonly range?: string;
  /** IANA zone in which moments without one are read, and of the periods. Default: the project's. */
  readonly timezone?: string;
  /** Whose events are looked at together: "subject", or a field that all the events asked about have. Default "subject". */
  readonly entity?: string;
  /** Which events count, by fields that all the events asked about have: the answer is as if there were no others. Default: all. */
  readonly filter?: Filter;
  /** Counts what the log held then, and no more: a watermark, a sequence or a time; what is not ingested yet does not count. Default: what is ingested. */
  readonly asOf?: AsOf;
  /** The present, for what is still open. Default: the clock. */
  readonly now?: Date;
  /** Until when the caller knows the log to be ingested, for what is still open. Default: the ledger's last store time. */
  readonly ingestedUntil?: Date;
  /** Kills the query. */
  readonly signal?: AbortSignal;
}

/** What every answer says. */
export interface BehaviourAnswer {
  readonly entity: string;
  readonly from: Date;
  readonly to: Date;
  readonly timezone: string;
  /** Every event at or before it is counted, and no other: given as `asOf`, it brings the same answer. */
  readonly watermark: Watermark;
}
