import type { ClickHouseFailure } from "../../clickhouse/index.ts";
import type { LogMessage, ReaderStatus } from "../../jetstream/index.ts";
import type { Batch } from "../batch/batch-builder.ts";
import type { LedgerRow } from "../ledger.ts";
import type { Logger } from "../logger.ts";
import { LANE_STATES, type IngestMetrics, type LaneState } from "../metrics.ts";

/** What a lane is doing and how far it is, for people: metrics, logs and the health check. */
export class LaneMonitor {
  readonly #stream: string;
  readonly #metrics: IngestMetrics;
  readonly #logger: Logger;
  #state: LaneState = "claiming";
  #committedSeq = 0;
  /** Last sequence the stream is known to have; NaN = unknown. */
  #lastSeq = Number.NaN;
  /** Store time of the oldest message read and not committed, microseconds since 1970. */
  #oldestPending = Number.NaN;
  #changedAt = performance.now();

  constructor(stream: string, metrics: IngestMetrics, logger: Logger) {
    this.#stream = stream;
    this.#metrics = metrics;
    this.#logger = logger;
    this.setState("claiming");
    this.lagUnknown();
  }

  get stream(): string {
    return this.#stream;
  }

  get state(): LaneState {
    return this.#state;
  }

  /** Milliseconds since the lane last committed, read or changed its state. */
  get quietMs(): number {
    return performance.now() - this.#changedAt;
  }

  setState(state: LaneState): void {
    if (state !== this.#state) this.#logger.info({ stream: this.#stream, state }, `lane ${this.#stream} is ${state}`);
    this.#state = state;
    this.#changedAt = performance.now();
    for (const name of LANE_STATES) this.#metrics.state.set({ stream: this.#stream, state: name }, name === state ? 1 : 0);
  }

  lagUnknown(): void {
    this.#lastSeq = Number.NaN;
    this.#showLag();
  }

  /** A lane was claimed that stands at `committed` in a stream that ends at `lastSeq`. */
  claimed(committed: number, lastSeq: number): void {
    this.#committedSeq = committed;
    this.#lastSeq = lastSeq;
    this.#metrics.committed.set({ stream: this.#stream }, committed);
    this.#showLag();
  }

  read(message: LogMessage): void {
    this.#lastSeq = message.seq + message.pending;
    if (Number.isNaN(this.#oldestPending)) this.#oldestPending = message.storedAt;
  }

  readerStatus(status: ReaderStatus): void {
    if (status.type === "caught-up") this.#lastSeq = status.lastSeq;
    if (status.type === "reopened") {
      this.#metrics.readerRebuilds.inc({ stream: this.#stream });
      this.#logger.warn({ stream: this.#stream, reason: status.reason }, "the consumer was made anew");
    }
    this.#showLag();
  }

  insertFailed(failure: ClickHouseFailure, attempt: number): void {
    this.#metrics.insertErrors.inc({ stream: this.#stream, kind: failure.kind, code: String(failure.code ?? "none") });
    // The first failure, then every tenth: an outage of an hour should not fill the log.
    if (attempt !== 1 && attempt % 10 !== 0) return;
    this.#logger.warn({ stream: this.#stream, kind: failure.kind, code: failure.code, attempt }, failure.message);
  }

  committed(batch: Batch, row: LedgerRow, tookMs: number): void {
    const label = { stream: this.#stream };
    this.#changedAt = performance.now();
    this.#committedSeq = batch.last;
    this.#oldestPending = Number.NaN;
    this.#metrics.committed.set(label, batch.last);
    this.#metrics.received.inc(label, row.received);
    this.#metrics.insertedRows.inc(label, row.event_rows);
    this.#metrics.missing.inc(label, row.missing);
    this.#metrics.bytes.inc(label, row.bytes);
    this.#metrics.batches.inc(label);
    this.#metrics.batchRows.observe(label, row.event_rows + row.dead_letter_rows);
    this.#metrics.insertSeconds.observe(label, tookMs / 1_000);
    for (const [reason, count] of batch.reasons) this.#metrics.deadLetters.inc({ ...label, reason }, count);
    if (row.received > 0) this.#metrics.freshness.observe(label, Math.max(0, row.inserted_at - row.stored_from) / 1_000_000);
    this.#logger.debug({ ...label, first: row.first, last: row.last, rows: row.event_rows, ms: Math.round(tookMs) }, "batch committed");
    this.#showLag();
  }

  settled(): void {
    this.#metrics.unresolvedIntents.inc({ stream: this.#stream });
    this.#logger.info({ stream: this.#stream }, "a batch that was declared and not committed is settled");
  }

  #showLag(): void {
    const lag = Math.max(0, this.#lastSeq - this.#committedSeq);
    const label = { stream: this.#stream };
    this.#metrics.lagMessages.set(label, lag);
    const oldest = Number.isNaN(this.#oldestPending) ? Number.NaN : Math.max(0, Date.now() / 1_000 - this.#oldestPending / 1_000_000);
    this.#metrics.lagSeconds.set(label, lag === 0 ? 0 : oldest);
  }
}
