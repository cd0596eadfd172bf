import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Lag } from "./lag.ts";

/** States of a lane, as the gauge `hydrograph_lane_state` shows them (1 for the state it is in). */
export const LANE_STATES = ["claiming", "recovering", "running", "retrying", "slowed", "paused", "stream-missing", "stopped"] as const;

/** What a lane is doing. */
export type LaneState = (typeof LANE_STATES)[number];

/** Metrics of ingest, each with the label `stream`. A lag nobody knows is NaN, never 0. */
export interface IngestMetrics {
  readonly registry: Registry;
  readonly received: Counter<"stream">;
  readonly insertedRows: Counter<"stream">;
  readonly deadLetters: Counter<"stream" | "reason">;
  readonly duplicates: Counter<"stream">;
  /** What a lane's deduplication window holds. */
  readonly windowKeys: Gauge<"stream">;
  readonly windowBytes: Gauge<"stream">;
  readonly missing: Counter<"stream">;
  readonly bytes: Counter<"stream">;
  readonly batches: Counter<"stream">;
  readonly batchRows: Histogram<"stream">;
  readonly insertSeconds: Histogram<"stream">;
  readonly insertErrors: Counter<"stream" | "kind" | "code">;
  readonly freshness: Histogram<"stream">;
  /** Tells each lane's lag at the moment it is asked; the two gauges ask at every scrape, since a value set once would stay through an outage. */
  readonly lag: Map<string, () => Lag>;
  readonly lagMessages: Gauge<"stream">;
  readonly lagSeconds: Gauge<"stream">;
  /** Tells whether each lane stands still though messages wait, at the moment it is asked. */
  readonly stalls: Map<string, () => boolean>;
  readonly stalled: Gauge<"stream">;
  readonly committed: Gauge<"stream">;
  readonly state: Gauge<"stream" | "state">;
  /** Events whose key a lookup table lacked; label `table`. */
  readonly lookupMisses: Counter<"table">;
  readonly readerRebuilds: Counter<"stream">;
  readonly unresolvedIntents: Counter<"stream">;
}

/** Makes metrics of one registry, each with the label `stream`. */
function metricsIn(registry: Registry) {
  const registers = [registry];
  const named = <Label extends string>(name: string, help: string, labels: readonly Label[]) => ({
    name: `hydrograph_${name}`,
    help,
    labelNames: ["stream" as const, ...labels],
    registers,
  });
  return {
    counter: <Label extends string = never>(name: string, help: string, ...labels: Label[]): Counter<"stream" | Label> =>
      new Counter(named(name, help, labels)),
    gauge: <Label extends string = never>(name: string, help: string, ...labels: Label[]): Gauge<"stream" | Label> =>
      new Gauge(named(name, help, labels)),
    /** Asked at every scrape. */
    askedGauge: <Answer>(name: string, help: string, asked: Map<string, () => Answer>, pick: (answer: Answer) => number): Gauge<"stream"> =>
      new Gauge({
        ...named(name, help, []),
        collect() {
          for (const [stream, ask] of asked) this.set({ stream }, pick(ask()));
        },
      }),
    histogram: (name: string, help: string, buckets: number[]): Histogram<"stream"> => new Histogram({ ...named(name, help, []), buckets }),
  };
}

/** Makes the metrics in a registry of their own, so that two workers in one process do not meet. */
export function createIngestMetrics(): IngestMetrics {
  const registry = new Registry();
  const { askedGauge, counter, gauge, histogram } = metricsIn(registry);
  const lag = new Map<string, () => Lag>();
  const stalls = new Map<string, () => boolean>();
  return {
    registry,
    lag,
    stalls,
    received: counter("received_messages_total", "Messages read from the stream and committed."),
    insertedRows: counter("inserted_rows_total", "Rows inserted into events."),
    deadLetters: counter("dead_letters_total", "Rows inserted into dead_letters, by reason.", "reason"),
    duplicates: counter("duplicates_total", "Events left out as duplicates."),
    windowKeys: gauge("deduplication_keys", "Keys of accepted events that the deduplication window holds."),
    windowBytes: gauge("deduplication_bytes", "Memory of the deduplication window."),
    missing: counter("missing_sequences_total", "Sequences that the stream no longer had when they were to be read."),
    bytes: counter("received_bytes_total", "Payload bytes read and committed."),
    batches: counter("batches_total", "Batches committed."),
    batchRows: histogram("batch_rows", "Rows of a batch.", [1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000]),
    insertSeconds: histogram(
      "insert_seconds",
      "Time from a batch's intent to its ledger row.",
      [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    ),
    insertErrors: counter("insert_errors_total", "Failed requests to ClickHouse, by kind and code.", "kind", "code"),
    freshness: histogram(
      "freshness_seconds",
      "Store time of a batch's oldest message to its being queryable.",
      [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300],
    ),
    lagMessages: askedGauge("lag_messages", "Messages stored and not yet committed; NaN = unknown.", lag, ({ messages }) => messages),
    lagSeconds: askedGauge("lag_seconds", "Age of the oldest message not yet committed; NaN = unknown.", lag, ({ seconds }) => seconds),
    stalled: askedGauge(
      "lane_stalled",
      "1 if messages wait and the lane, which says that it runs, has not moved for limits.stalled.",
      stalls,
      Number,
    ),
    committed: gauge("committed_sequence", "Last sequence committed."),
    state: gauge("lane_state", "1 for the state the lane is in.", "state"),
    lookupMisses: new Counter({
      name: "hydrograph_lookup_misses_total",
      help: "Events whose key a lookup table lacked, by table.",
      labelNames: ["table"],
      registers: [registry],
    }),
    readerRebuilds: counter("reader_rebuilds_total", "Times the consumer was made anew, whatever the reason."),
    unresolvedIntents: counter("unresolved_intents_total", "Batches found declared but not committed, and settled."),
  };
}
