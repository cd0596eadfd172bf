import type { ClickHouseFailure } from "../../clickhouse/index.ts";
import type { LogMessage, OwnerReport, ReaderStatus, StreamState } from "../../jetstream/index.ts";
import type { Batch } from "../batch/batch-builder.ts";
import type { KeyWindow } from "../deduplicate/key-window.ts";
import { lagOf, WaitingMessages, type Lag } from "../lag.ts";
import type { LedgerRow } from "../ledger.ts";
import type { Logger } from "../logger.ts";
import { LANE_STATES, type IngestMetrics, type LaneState } from "../metrics.ts";

/** States in which the lane is not this worker's, so that it knows nothing of its lag. */
const NOT_OURS: ReadonlySet<LaneState> = new Set(["claiming", "stream-missing", "stopped"]);

/** The first failure, then every tenth: an outage of an hour should not fill the log. */
function isWorthALine(attempt: number): boolean {
  return attempt === 1 || attempt % 10 === 0;
}

/** Milliseconds between two lines about the filling of a window. */
const FILLING_MS = 5_000;

/** What a monitor watches, and whom it tells. */
export interface LaneMonitorOptions {
  readonly stream: string;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  /** Whether the connection to NATS is up. */
  readonly isConnected: () => boolean;
  /** A lane that has something to do and does not move for so long, in milliseconds, stands still. */
  readonly stalledMs: number;
}

/** What a lane is doing and how far it is, for people: metrics, logs and the health check. */
export class LaneMonitor {
  readonly #stream: string;
  readonly #metrics: IngestMetrics;
  readonly #logger: Logger;
  readonly #waiting = new WaitingMessages();
  #state: LaneState = "claiming";
  /** Why it is in a state it should not be in. */
  #reason: string | undefined;
  /** Why the stream cannot be read at the moment. */
  #unreadable: string | undefined;
  /** Last sequence committed; undefined = the lane is not ours. */
  #committedSeq: number | undefined;
  /** Incarnation of the stream, once it was looked at. */
  #epoch: number | undefined;
  /** Last sequence the stream is known to have, and when it was told. */
  #lastSeq: number | undefined;
  #toldAt = 0;
  #movedAt = performance.now();
  readonly #stalledMs: number;
  #fillingToldAt = 0;

  constructor({ isConnected, logger, metrics, stalledMs, stream }: LaneMonitorOptions) {
    this.#stream = stream;
    this.#metrics = metrics;
    this.#logger = logger;
    this.#stalledMs = stalledMs;
    this.setState("claiming");
    metrics.lag.set(stream, () => this.#lag(isConnected()));
    metrics.stalls.set(stream, () => this.isStalled);
  }

  get stream(): string {
    return this.#stream;
  }

  get state(): LaneState {
    return this.#state;
  }

  /** What the lane's checkpoint tells of it. */
  get report(): OwnerReport {
    const stalled = this.isStalled ? `messages wait, and nothing has moved for ${this.#stalledMs / 1_000} s` : undefined;
    const reason = this.#reason ?? this.#unreadable ?? stalled;
    return { state: this.#state, ...(reason === undefined ? {} : { reason }) };
  }

  /** Whether the lane is this worker's, so that its stream is worth a look. */
  get isOurs(): boolean {
    return this.#committedSeq !== undefined;
  }

  /** Whether it should have moved: it says that it runs and something waits (or nobody knows), yet it has neither read nor committed anything for so long. */
  get isStalled(): boolean {
    return this.#state === "running" && performance.now() - this.#movedAt > this.#stalledMs && this.#lag(true).messages !== 0;
  }

  /** @param reason why, if it is a state that it should not be in; without contents of events */
  setState(state: LaneState, reason?: string): void {
    if (state !== this.#state) {
      this.#logger.info({ stream: this.#stream, state }, `lane ${this.#stream} is ${state}`);
      this.#movedAt = performance.now();
    }
    this.#state = state;
    this.#reason = reason;
    if (NOT_OURS.has(state)) this.lagUnknown();
    for (const name of LANE_STATES) this.#metrics.state.set({ stream: this.#stream, state: name }, name === state ? 1 : 0);
  }

  /** The lane is not ours any more, or it starts again: what was in hand is dropped. */
  lagUnknown(): void {
    this.#committedSeq = undefined;
    this.#epoch = undefined;
    this.#lastSeq = undefined;
    this.#unreadable = undefined;
    this.#waiting.clear();
  }

  /** A lane was claimed that stands at `committed` in a stream that ends at `lastSeq`. */
  claimed(committed: number, lastSeq: number): void {
    this.lagUnknown();
    this.#committedSeq = committed;
    this.#told(lastSeq, performance.now());
    this.#metrics.committed.set({ stream: this.#stream }, committed);
  }

  /** The stream was looked at: undefined = it is gone. @param askedAt monotonic milliseconds */
  looked(state: StreamState | undefined, askedAt: number): void {
    if (!this.isOurs) return;
    this.#epoch ??= state?.epoch;
    if (state && state.epoch === this.#epoch) this.#told(state.lastSeq, askedAt);
    else this.#lastSeq = undefined;
  }

  read(message: LogMessage): void {
    this.#movedAt = performance.now();
    this.#waiting.read(message.seq, message.storedAt);
    this.#told(message.seq + message.pending, this.#movedAt);
  }

  readerStatus(status: ReaderStatus): void {
    if (status.type === "caught-up") this.#told(status.lastSeq, performance.now());
    if (status.type === "stream-missing" || status.type === "stream-recreated") this.#lastSeq = undefined;
    if (status.type === "opened") this.#unreadable = undefined;
    if (status.type === "opening-failed") {
      this.#unreadable = `cannot read stream ${this.#stream}: ${status.error.message}`;
      if (isWorthALine(status.attempt)) this.#logger.warn({ stream: this.#stream, attempt: status.attempt }, this.#unreadable);
    }
    if (status.type === "reopened") {
      this.#metrics.readerRebuilds.inc({ stream: this.#stream });
      this.#logger.warn({ stream: this.#stream, reason: status.reason }, "the consumer was made anew");
    }
  }

  insertFailed(failure: ClickHouseFailure, attempt: number): void {
    this.#metrics.insertErrors.inc({ stream: this.#stream, kind: failure.kind, code: String(failure.code ?? "none") });
    if (!isWorthALine(attempt)) return;
    this.#logger.warn({ stream: this.#stream, kind: failure.kind, code: failure.code, attempt }, failure.message);
  }

  committed(batch: Batch, row: LedgerRow, tookMs: number): void {
    const label = { stream: this.#stream };
    this.#movedAt = performance.now();
    this.#committedSeq = batch.last;
    this.#waiting.committed(batch.last);
    this.#metrics.committed.set(label, batch.last);
    this.#metrics.received.inc(label, row.received);
    this.#metrics.insertedRows.inc(label, row.event_rows);
    this.#metrics.missing.inc(label, row.missing);
    this.#metrics.bytes.inc(label, row.bytes);
    this.#metrics.batches.inc(label);
    this.#metrics.batchRows.observe(label, row.event_rows + row.dead_letter_rows);
    this.#metrics.insertSeconds.observe(label, tookMs / 1_000);
    this.#metrics.duplicates.inc(label, batch.duplicateEvents);
    for (const [reason, count] of batch.reasons) this.#metrics.deadLetters.inc({ ...label, reason }, count);
    // A batch of which nothing was read has no store time: its messages are gone from the stream, though an earlier try may have put them in.
    if (batch.received > 0) this.#metrics.freshness.observe(label, Math.max(0, row.inserted_at - row.stored_from) / 1_000_000);
    this.#logger.debug({ ...label, first: row.first, last: row.last, rows: row.event_rows, ms: Math.round(tookMs) }, "batch committed");
  }

  /** The keys of the last events are being read; told at the beginning and every few seconds. */
  windowFilling(done: number, total: number): void {
    const isFirst = done === 0;
    if (!isFirst && performance.now() - this.#fillingToldAt < FILLING_MS) return;
    this.#fillingToldAt = performance.now();
    this.#logger.info({ stream: this.#stream, done, total }, `reading the keys of the last events of ${this.#stream}: ${done} of ${total}`);
  }

  windowFilled(window: KeyWindow, tookMs: number): void {
    this.windowHolds(window);
    this.#logger.info(
      { stream: this.#stream, keys: window.size, bytes: window.bytes, ms: Math.round(tookMs) },
      `the deduplication window of ${this.#stream} holds ${window.size} keys`,
    );
  }

  windowHolds(window: KeyWindow): void {
    this.#metrics.windowKeys.set({ stream: this.#stream }, window.size);
    this.#metrics.windowBytes.set({ stream: this.#stream }, window.bytes);
  }

  settled(): void {
    this.#metrics.unresolvedIntents.inc({ stream: this.#stream });
    this.#logger.info({ stream: this.#stream }, "a batch that was declared and not committed is settled");
  }

  /** A stream never becomes shorter: a lower number is an older answer, such as a message brings that was held back while reading paused. */
  #told(lastSeq: number, at: number): void {
    if (this.#lastSeq !== undefined && lastSeq < this.#lastSeq) return;
    this.#lastSeq = lastSeq;
    this.#toldAt = at;
  }

  #lag(connected: boolean): Lag {
    return lagOf({
      connected,
      committed: this.#committedSeq,
      lastSeq: this.#lastSeq,
      toldMs: performance.now() - this.#toldAt,
      oldestStoredAt: this.#waiting.oldestStoredAt,
      now: Date.now() * 1_000,
    });
  }
}
