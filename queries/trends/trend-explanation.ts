import type { TrendSource } from "./trend-answer.ts";

/** Rows that ClickHouse expects to read of a table, by its index (`EXPLAIN ESTIMATE`): granules, not rows, are what it can leave out. */
export interface ReadEstimate {
  readonly table: string;
  readonly rows: number;
}

/** A source that was not chosen. */
export interface OtherSource {
  readonly table: string;
  /** Why not, as a sentence. */
  readonly why: string;
  /** What it would have to read; none where it gives no answer. */
  readonly reads?: readonly ReadEstimate[];
}

/** How one metric is measured over one period. */
export interface ExplainedPart extends TrendSource {
  /** Over which stretch each value is measured. */
  readonly over: "bucket" | "rolling" | "cumulative";
  /** Whether it is of the period compared with. */
  readonly compared: boolean;
  readonly reads: readonly ReadEstimate[];
  /** The statement, and the values it binds. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly others: readonly OtherSource[];
}

/** How a trend is answered: one part for each statement. */
export interface TrendExplanation {
  readonly parts: readonly ExplainedPart[];
}
