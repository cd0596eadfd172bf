import type {
  CandlesAnswer,
  EntityHistory,
  EventExtent,
  FunnelAnswer,
  HistoryCursor,
  HistoryEvent,
  IngestBucket,
  IngestHealth,
  MoversAnswer,
  RecentEntity,
  RetentionAnswer,
  TrendAnswer,
} from "../../../queries/index.ts";

/** A value as JSON carries it: dates become text. */
type Wire<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Wire<Value[Key]> }
      : Value;

/** Answers of the HTTP API, as they arrive. */
export type Trend = Wire<TrendAnswer>;
export type TrendRow = Trend["rows"][number];
export type TrendTotal = Trend["totals"][number];
export type Movers = Wire<MoversAnswer>;
export type Funnel = Wire<FunnelAnswer>;
export type Retention = Wire<RetentionAnswer>;
export type Candles = Wire<CandlesAnswer>;
export type Candle = Candles["candles"][number];
export type { EntityHistory, EventExtent, HistoryCursor, HistoryEvent, IngestBucket, IngestHealth, RecentEntity };

/** See `MetricDescription` of the server. */
export interface Metric {
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
  readonly kind: string;
  readonly event?: string;
  readonly dimensions: readonly string[];
  readonly grain?: string;
}

/** See `ProjectDescription` of the server. */
export interface Project {
  readonly name: string;
  readonly timezone: string;
  readonly latenessSeconds: number;
  readonly streams: readonly string[];
  readonly events: readonly { readonly type: string; readonly description?: string; readonly version: number }[];
  readonly metrics: readonly Metric[];
  readonly dashboards: readonly Board[];
}

/** See `DashboardDescription` of the server: a dashboard that the project declares. */
export interface Board {
  readonly name: string;
  readonly title: string;
  readonly description?: string;
  readonly rangeSeconds: number;
  readonly grain: string;
  readonly timezone?: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

/** See `PanelDescription` of the server. */
export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly show: "trend" | "top" | "stat" | "table" | "movers" | "funnel" | "retention" | "candles";
  readonly width?: number;
  readonly unit?: string;
  readonly bad?: readonly [warning: number, bad: number];
  readonly ask: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** What a lane does; what nobody knows is null. */
export interface Lane {
  readonly stream: string;
  readonly state: string;
  readonly reason: string | null;
  readonly owner: string | null;
  readonly beatSeconds: number | null;
  readonly lastSeq: number | null;
  readonly committed: number | null;
  readonly lagMessages: number | null;
  readonly lagSeconds: number | null;
  readonly rate: number | null;
}

/** Dead letters by what is wrong with them, and the newest. */
export interface DeadLetters {
  readonly groups: readonly DeadLetterGroup[];
  readonly letters: readonly DeadLetter[];
}

/** Letters of one stream that failed alike. */
export interface DeadLetterGroup {
  readonly stream: string;
  readonly stage: string;
  readonly reason: string;
  readonly detail: string;
  readonly state: string;
  readonly letters: number;
  readonly last_stored: string;
  readonly newest_seq: number;
}

/** A message, or one event of it, that was set aside. */
export interface DeadLetter {
  readonly stream: string;
  readonly epoch: number;
  readonly seq: number;
  readonly idx: number;
  readonly stored_at: string;
  readonly subject: string;
  readonly stage: string;
  readonly reason: string;
  readonly detail: string;
  readonly state: string;
}

/** A message that was set aside, with its bytes. */
export interface SetAside {
  readonly stream: string;
  readonly seq: number;
  readonly letters: readonly DeadLetter[];
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly payload: { readonly encoding: "utf8" | "base64"; readonly text: string; readonly cut: boolean };
}

/** An answer to SQL. */
export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly statistics: { readonly elapsed: number; readonly rows_read: number; readonly bytes_read: number };
}
