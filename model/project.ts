import type { DashboardDefinition } from "./dashboard.ts";
import { isDerived, type DerivedMetric } from "./derived-metric.ts";
import type { EventDefinition } from "./event.ts";
import type { FeatureSet } from "./features/feature-set.ts";
import type { Metric } from "./metric.ts";
import type { SavedQuery } from "./saved-query.ts";

/** A JetStream stream that holds the project's events. Its history is the truth: `hydrograph` creates it without limits and never deletes from it. */
export interface StreamDefinition {
  /** JetStream's name: letters, digits, "-" and "_". */
  readonly name: string;
  /** Subjects it stores, e.g. ["shop.>"]. */
  readonly subjects: readonly string[];
  /** Copies in a NATS cluster: 1, 3 or 5. Default 1. */
  readonly replicas?: number;
  /** How long JetStream refuses a second message with the same `Nats-Msg-Id`. Default "2m". */
  readonly duplicateWindow?: string;
  /**
   * Splits a busy stream into so many, 2 to 256, by the events' `subject`: each is read by a lane of its own, so that several workers share the work. "SHOP" is then stored as "SHOP-0", "SHOP-1" …,
   * with subjects such as "p.0.shop.>". Cannot be changed later. Default: one stream of that name.
   */
  readonly partitions?: number;
}

/** Limits of ingest; each has a default. */
export interface IngestLimits {
  /** A batch is inserted once it has this many rows. Default 100,000. */
  readonly batchRows: number;
  /** … or this many bytes of payload. Default 32 MiB. */
  readonly batchBytes: number;
  /** … or is this old. Default "1s". */
  readonly batchAge: string;
  /** A message with a larger payload, in bytes, becomes a dead letter. Default 1 MiB. */
  readonly maxPayload: number;
  /** JSON nested deeper than this becomes a dead letter. Default 100. */
  readonly maxDepth: number;
  /** Bytes asked for ahead of what is read, in each of two requests at most; room for two messages of `maxPayload` in any case. Default 16 MiB. */
  readonly readAhead: number;
  /** A lane whose owner has not renewed its claim for this long is free for another worker. Default "10s". */
  readonly lease: string;
  /** How long a worker that is told to stop may take to get in what it has in hand; the next one settles what is left. Default "25s". */
  readonly drain: string;
  /** A lane that has something to do and does not move for this long, beside `batchAge`, is unhealthy. Default "60s". */
  readonly stalled: string;
}

/** What is a duplicate: an event of the same `source` and `id` as one that was accepted from the same stream less than `within` before it, by store time. */
export interface Deduplication {
  /** From "1ms" to "49d", e.g. "24h". A worker holds some 30 bytes of memory for each event of this time. */
  readonly within: string;
}

/** Everything the user declares. Made by {@link defineProject}. */
export interface Project {
  /** Also the name of the ClickHouse database. */
  readonly name: string;
  readonly streams: readonly StreamDefinition[];
  readonly events: readonly EventDefinition[];
  /** Metrics that are measured over events. */
  readonly metrics: readonly Metric[];
  /** Ratios and formulas: worked out from `metrics` when asked for. */
  readonly derived: readonly DerivedMetric[];
  readonly features: readonly FeatureSet[];
  /** Questions with a name, for `hydrograph run` and `GET /v1/queries`. */
  readonly queries: readonly SavedQuery[];
  /** Dashboards beside those that every project has. */
  readonly dashboards: readonly DashboardDefinition[];
  /** What becomes of events whose type is not declared: kept (ad-hoc questions need no declaration), or set aside as dead letters. */
  readonly unknownEvents: "accept" | "dead-letter";
  /** Leaves out duplicates, and counts them. Unless set, every event of the log is kept. */
  readonly deduplicate?: Deduplication;
  /** A bucket is provisional until this long after its end: how late events are expected to be. */
  readonly lateness: string;
  /** IANA zone of trends and dashboards unless a query names another. */
  readonly timezone: string;
  readonly limits: IngestLimits;
}

/** What the author of a project writes: all but `name`, `streams` and `events` has a default. */
export interface ProjectOptions {
  readonly name: string;
  readonly streams: readonly StreamDefinition[];
  readonly events: readonly EventDefinition[];
  /** Measured ones, ratios and formulas, in any order. */
  readonly metrics?: readonly (Metric | DerivedMetric)[];
  readonly features?: readonly FeatureSet[];
  readonly queries?: readonly SavedQuery[];
  readonly dashboards?: readonly DashboardDefinition[];
  /** Default "accept". */
  readonly unknownEvents?: "accept" | "dead-letter";
  /** Default: every event of the log is kept. */
  readonly deduplicate?: Deduplication;
  /** Default "1h". */
  readonly lateness?: string;
  /** Default "UTC". */
  readonly timezone?: string;
  readonly limits?: Partial<IngestLimits>;
}

/** Limits of ingest unless a project says otherwise. */
export const DEFAULT_LIMITS: IngestLimits = {
  batchRows: 100_000,
  batchBytes: 32 * 1024 * 1024,
  batchAge: "1s",
  maxPayload: 1024 * 1024,
  maxDepth: 100,
  readAhead: 16 * 1024 * 1024,
  lease: "10s",
  drain: "25s",
  stalled: "60s",
};

/** Declares a project; the default export of `hydrograph.config.ts`. */
export function defineProject({ metrics = [], ...options }: ProjectOptions): Project {
  return {
    features: [],
    queries: [],
    dashboards: [],
    unknownEvents: "accept",
    lateness: "1h",
    timezone: "UTC",
    ...options,
    metrics: metrics.filter((metric): metric is Metric => !isDerived(metric)),
    derived: metrics.filter((metric) => isDerived(metric)),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
}
