import type { LaneIntent, LogMessage, ReaderStatus, StreamReader } from "../../jetstream/index.ts";
import { durationMs } from "../../model/index.ts";
import { BatchBuilder, type Batch } from "../batch/batch-builder.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { isInLedger, type LedgerRow } from "../ledger.ts";
import { LaneLost, type Checkpoint } from "./checkpoint.ts";
import { commitBatch, TokenSpent, type CommitContext } from "./commit-batch.ts";
import type { LaneContext } from "./lane-context.ts";
import type { LaneMonitor } from "./lane-monitor.ts";
import { areTokensRemembered, earlierRows, type Resumption } from "./recover.ts";

/** Why a session ended: it was told to stop and has drained, reached the end it was to run to, or the stream is gone or another one. */
export type SessionEnd = "stopped" | "caught-up" | "stream-missing" | "stream-recreated";

/** A claimed lane and where it goes on. */
export interface SessionOptions {
  readonly context: LaneContext;
  readonly lane: LaneIdentity;
  readonly checkpoint: Checkpoint;
  readonly resumption: Resumption;
  readonly monitor: LaneMonitor;
  /** Last sequence of the stream when the lane was claimed, or the last that is wanted of it. */
  readonly lastSeq: number;
}

/**
 * One claim of a lane, from recovery to its end: reads into one batch while the batch before it is on its way into ClickHouse, and lets reading wait when both are full.
 * @throws LaneLost if another worker has claimed the lane; whatever NATS or ClickHouse throw that cannot be waited for
 */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  const session = new LaneSession(options);
  try {
    return await session.run();
  } finally {
    await session.close();
  }
}

class LaneSession {
  readonly #options: SessionOptions;
  #commit: CommitContext;
  /** Aborts inserts when the lane is lost, or when draining takes too long. */
  readonly #abort = new AbortController();
  readonly #batchAgeMs: number;
  readonly #leaseMs: number;
  #filling: BatchBuilder;
  #spare: BatchBuilder;
  /** A message of another month than the batch being filled: the next batch starts with it. */
  #overflow: LogMessage | undefined;
  #reader: StreamReader | undefined;
  #end: SessionEnd | undefined;
  #failure: unknown;
  #wake: () => void = () => {};
  #renewal: NodeJS.Timeout | undefined;
  #committed: number;
  readonly #firstChain: string;
  /** The ledger row of the last batch of this session. */
  #last: LedgerRow | undefined;
  /** Nothing after this sequence is to be read. */
  readonly #limit: number;

  constructor(options: SessionOptions) {
    const { context, lane, monitor, resumption } = options;
    const { batchAge, batchBytes, batchRows, lease } = context.project.limits;
    const builder = (): BatchBuilder => new BatchBuilder(lane, context.decode, { rows: batchRows, bytes: batchBytes }, context.code);
    this.#options = options;
    this.#limit = context.ranges.get(lane.stream)?.last ?? Number.POSITIVE_INFINITY;
    this.#filling = builder();
    this.#spare = builder();
    this.#batchAgeMs = durationMs(batchAge);
    this.#leaseMs = durationMs(lease);
    this.#committed = resumption.committed;
    this.#firstChain = resumption.chain;
    this.#commit = {
      clickhouse: context.clickhouse,
      signal: this.#abort.signal,
      beforeRetry: () => this.#checkNothingIsLost(),
      onState: (state) => monitor.setState(state),
      onFailure: (failure, attempt) => monitor.insertFailed(failure, attempt),
      project: context.project.name,
      generation: resumption.generation,
      worker: context.worker,
      code: context.code,
      fetch: (seq) => context.jetstream.message(lane.stream, seq),
    };
  }

  async run(): Promise<SessionEnd> {
    const { checkpoint, context, monitor, resumption } = this.#options;
    this.#renewal = setInterval(() => void this.#renew(), this.#leaseMs / 3);
    context.signal.addEventListener("abort", this.#onStop, { once: true });
    if (context.signal.aborted) this.#onStop();
    if (resumption.intent) await this.#settle(resumption.intent);
    monitor.setState("running");
    this.#filling.start(this.#committed + 1);
    this.#open();
    for (let batch = await this.#nextBatch(); batch; batch = await this.#nextBatch()) await this.#put(batch);
    await checkpoint.write(({ intent: _settled, owner: _released, ...value }) => ({ ...value, ...this.#progress() }));
    return this.#end ?? "stopped";
  }

  async close(): Promise<void> {
    clearInterval(this.#renewal);
    this.#options.context.signal.removeEventListener("abort", this.#onStop);
    this.#abort.abort(new LaneLost("The session has ended."));
    await this.#reader?.stop();
  }

  get #chain(): string {
    return this.#last?.chain ?? this.#firstChain;
  }

  #progress(): { epoch: number; generation: number; committed: number } {
    return { epoch: this.#options.lane.epoch, generation: this.#commit.generation, committed: this.#committed };
  }

  /** Told to stop: takes no more, and gives what is in hand until the deadline to get in. What does not stays declared, and is settled by the next claim. */
  readonly #onStop = (): void => {
    this.#end ??= "stopped";
    this.#reader?.pause();
    setTimeout(() => this.#abort.abort(new Error("Draining took too long.")), this.#options.context.drainMs).unref();
    this.#wake();
  };

  async #renew(): Promise<void> {
    if (this.#options.checkpoint.age < this.#leaseMs / 4) return;
    try {
      await this.#options.checkpoint.write((value) => value);
    } catch (error) {
      this.#failure = error;
      this.#abort.abort(error);
      this.#wake();
    }
  }

  #open(): void {
    const { context, lane } = this.#options;
    this.#reader = context.jetstream.openReader({
      stream: lane.stream,
      epoch: lane.epoch,
      from: this.#committed + 1,
      onMessage: (message) => this.#take(message),
      onStatus: (status) => this.#onStatus(status),
      windowBytes: Math.max(16 * 1024 * 1024, 2 * context.project.limits.maxPayload),
    });
  }

  #onStatus(status: ReaderStatus): void {
    this.#options.monitor.readerStatus(status);
    if (status.type === "stream-missing" || status.type === "stream-recreated") this.#end ??= status.type;
    // Everything stored was delivered: the sequences after the last message are gone from the stream, and are covered as missing.
    const stored = status.type === "caught-up" ? Math.min(status.lastSeq, this.#limit) : 0;
    if (stored > this.#filling.last && !this.#overflow) this.#filling.extendTo(stored);
    this.#wake();
  }

  #take(message: LogMessage): void {
    if (message.seq > this.#limit) {
      this.#endAtLimit();
      return;
    }
    this.#options.monitor.read(message);
    const isFirst = this.#filling.isEmpty;
    if (this.#filling.accepts(message)) this.#filling.add(message);
    else this.#overflow = message;
    if (this.#overflow || this.#filling.isFull) this.#reader?.pause();
    else if (!isFirst && message.seq !== this.#options.lastSeq) return;
    this.#wake();
  }

  /** The sequences between the last message and the limit are gone from the stream. */
  #endAtLimit(): void {
    this.#reader?.pause();
    if (this.#filling.last < this.#limit) this.#filling.extendTo(this.#limit);
    this.#wake();
  }

  /** Waits until the batch being filled is due. @returns undefined when there is nothing more to do */
  async #nextBatch(): Promise<Batch | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure as Error;
      if (this.#isAtEnd()) this.#end ??= "caught-up";
      if (this.#isDue()) return this.#swap();
      if (this.#end !== undefined) return undefined;
      const age = performance.now() - this.#filling.openedAt;
      await this.#sleep(this.#filling.isEmpty ? this.#leaseMs : Math.max(1, this.#batchAgeMs - age));
    }
  }

  #isDue(): boolean {
    const filling = this.#filling;
    if (filling.isEmpty) return false;
    return (
      filling.isFull || this.#overflow !== undefined || this.#end !== undefined || performance.now() - filling.openedAt >= this.#batchAgeMs
    );
  }

  #isAtEnd(): boolean {
    return this.#options.context.until === "caught-up" && !this.#overflow && this.#filling.last >= this.#options.lastSeq;
  }

  /** Hands over the batch that was being filled, and lets reading go on into the other. */
  #swap(): Batch {
    const full = this.#filling;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#filling.start(full.last + 1);
    const overflow = this.#overflow;
    this.#overflow = undefined;
    if (overflow) this.#filling.add(overflow);
    if (this.#end === undefined) this.#reader?.resume();
    return full.finish();
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Declares a batch (which also commits the one before) and puts it in. */
  async #put(batch: Batch): Promise<void> {
    const { checkpoint, context, resumption } = this.#options;
    await context.pace?.(batch.received);
    const started = performance.now();
    const intent = { first: batch.first, last: batch.last, fingerprint: context.code };
    await Promise.all([checkpoint.write((value) => ({ ...value, ...this.#progress(), intent })), this.#checkNothingIsLost()]);
    const earlier = batch.first <= resumption.suspectUpTo ? await earlierRows(context.clickhouse, batch) : undefined;
    this.#done(batch, await commitBatch(this.#commit, batch, this.#chain, earlier), started);
  }

  /** A database that was dropped and made anew between two batches takes the next as if nothing had been: its ledger would lack everything before. */
  async #checkNothingIsLost(): Promise<void> {
    if (this.#last && !(await isInLedger(this.#options.context.clickhouse, this.#last)))
      throw new Error(`the ledger of stream ${this.#last.stream} has lost its last row.`);
  }

  #done(batch: Batch, row: LedgerRow, started: number): void {
    this.#committed = batch.last;
    this.#last = row;
    this.#options.monitor.committed(batch, row, performance.now() - started);
  }

  /** Reads a declared range again, all of it and nothing else, and puts it in as one batch under its old tokens. */
  async #settle(intent: LaneIntent): Promise<void> {
    const { context, lane, monitor } = this.#options;
    const { first, last } = intent;
    const started = performance.now();
    monitor.setState("recovering");
    this.#filling.start(first);
    await context.jetstream.readRange({
      ...lane,
      first,
      last,
      onMessage: (message) => this.#filling.add(message),
      signal: this.#abort.signal,
    });
    this.#filling.extendTo(last);
    const batch = this.#filling.finish();
    this.#done(batch, await this.#commitDeclared(batch, intent.fingerprint), started);
    monitor.settled();
  }

  /**
   * A batch that was declared before, by this code and lately, is sent again exactly as it was: its tokens let in what is lacking, also behind views, and keep out a
   * sleeping worker that wakes in the middle. Made by other code, or long ago, only what is not there is sent.
   */
  async #commitDeclared(batch: Batch, fingerprint: string): Promise<LedgerRow> {
    const { clickhouse, code } = this.#options.context;
    const same = fingerprint === code && (await areTokensRemembered(clickhouse, batch.lane));
    if (!same) return commitBatch(this.#commit, batch, this.#chain, await earlierRows(clickhouse, batch));
    try {
      return await commitBatch(this.#commit, batch, this.#chain, { kind: "declared" });
    } catch (error) {
      if (!(error instanceof TokenSpent)) throw error;
      this.#commit = { ...this.#commit, generation: this.#commit.generation + 1 };
      return commitBatch(this.#commit, batch, this.#chain, await earlierRows(clickhouse, batch));
    }
  }
}
