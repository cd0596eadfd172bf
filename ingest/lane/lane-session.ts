import { ClickHouseFailure } from "../../clickhouse/index.ts";
import type { LaneIntent, LogMessage, ReaderStatus, StreamReader } from "../../jetstream/index.ts";
import { durationMs } from "../../model/index.ts";
import { BatchBuilder, type Batch } from "../batch/batch-builder.ts";
import { fillWindow } from "../deduplicate/fill-window.ts";
import { KeyWindow } from "../deduplicate/key-window.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { LedgerRow } from "../ledger.ts";
import { LaneLost, type Checkpoint } from "./checkpoint.ts";
import type { LaneState } from "../metrics.ts";
import type { Clock } from "./clock.ts";
import { checkLedgerEnd, commitBatch, TokenSpent, type CommitContext, type Earlier } from "./commit-batch.ts";
import type { LaneContext } from "./lane-context.ts";
import type { LaneMonitor } from "./lane-monitor.ts";
import { limitReader } from "./limit-reader.ts";
import { LogBehindLedger } from "./log-behind-ledger.ts";
import { areTokensRemembered, type Resumption } from "./recover.ts";
import { rowsThere } from "./rows-there.ts";
import { settleAbandoned } from "./settle-abandoned.ts";

/** Why a session ended: it was told to stop and has drained, or to leave the lane to another worker, reached the end it was to run to, or the stream is gone or another one. */
export type SessionEnd = "stopped" | "yielded" | "caught-up" | "stream-missing" | "stream-recreated";

/** What a claimed lane has beside what all lanes share. */
export interface ClaimedContext extends LaneContext {
  /** Tells this lane alone to drain and end: another worker is to have it. */
  readonly yielding: AbortSignal;
}

/** A claimed lane and where it goes on. */
export interface SessionOptions {
  readonly context: ClaimedContext;
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

/** Declared of a batch of which rows may be there that came otherwise: whoever settles it must not send it whole. */
const LOOK_FIRST = "look-first";

class LaneSession {
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  #commit: CommitContext;
  /** Aborts inserts when the lane is lost, or when draining takes too long. */
  readonly #abort = new AbortController();
  readonly #batchAgeMs: number;
  readonly #leaseMs: number;
  /** The keys of the events accepted so far, if duplicates are to be left out. */
  readonly #window: KeyWindow | undefined;
  #filling: BatchBuilder;
  #spare: BatchBuilder;
  /** A message of another month than the batch being filled: the next batch starts with it. */
  #overflow: LogMessage | undefined;
  #reader: StreamReader | undefined;
  #end: SessionEnd | undefined;
  #failure: unknown;
  #wake: () => void = () => {};
  /** When the batch being filled got its first message, monotonic milliseconds. */
  #filledSince = 0;
  /** Calls off what would be done later. */
  readonly #timers: (() => void)[] = [];
  /** Signals from outside, and what is done at each. */
  readonly #orders: readonly (readonly [AbortSignal, () => void])[];
  #committed: number;
  /** When the ledger was last looked at, monotonic milliseconds. */
  #lookedAt: number;
  #chain: string;

  constructor(options: SessionOptions) {
    const { context, lane, monitor, resumption } = options;
    const { batchAge, batchBytes, batchRows, lease } = context.project.limits;
    const { deduplicate } = context.project;
    this.#window = deduplicate && new KeyWindow(durationMs(deduplicate.within), lane.epoch);
    const builder = (): BatchBuilder =>
      new BatchBuilder(lane, context.decode, { rows: batchRows, bytes: batchBytes }, context.code, this.#window);
    this.#options = options;
    this.#clock = context.clock;
    this.#lookedAt = this.#clock.now();
    this.#orders = [
      [context.signal, () => this.#drain("stopped")],
      [context.yielding, () => this.#drain("yielded")],
    ];
    this.#filling = builder();
    this.#spare = builder();
    this.#batchAgeMs = durationMs(batchAge);
    this.#leaseMs = durationMs(lease);
    this.#committed = resumption.committed;
    this.#chain = resumption.chain;
    this.#commit = {
      clickhouse: context.clickhouse,
      clock: context.clock,
      signal: this.#abort.signal,
      onState: (state, reason) => this.#say(state, reason),
      onFailure: (failure, attempt) => monitor.insertFailed(failure, attempt),
      project: context.project.name,
      generation: resumption.generation,
      worker: context.worker,
      code: context.code,
      fetch: (seq) => context.jetstream.message(lane.stream, seq),
    };
  }

  async run(): Promise<SessionEnd> {
    const { checkpoint, resumption } = this.#options;
    this.#timers.push(this.#clock.every(this.#leaseMs / 3, () => void this.#renew(this.#leaseMs / 4)));
    for (const [signal, act] of this.#orders) {
      signal.addEventListener("abort", act, { once: true });
      if (signal.aborted) act();
    }
    if (resumption.abandoned) await settleAbandoned(this.#commit, resumption.abandoned);
    await this.#fillWindow();
    if (resumption.intent) await this.#settle(resumption.intent);
    this.#say("running");
    this.#filling.start(this.#committed + 1);
    this.#open();
    for (let batch = await this.#nextBatch(); batch; batch = await this.#nextBatch()) await this.#put(batch);
    await checkpoint.write(({ intent: _settled, owner: _released, ...value }) => ({ ...value, ...this.#progress() }));
    return this.#end ?? "stopped";
  }

  async close(): Promise<void> {
    for (const callOff of this.#timers) callOff();
    for (const [signal, act] of this.#orders) signal.removeEventListener("abort", act);
    this.#abort.abort(new LaneLost("The session has ended."));
    await this.#reader?.stop();
  }

  /** Gives the window the keys of what is committed; ends at once when the worker is told to stop, as nothing is in hand. */
  async #fillWindow(): Promise<void> {
    const { context, lane, monitor } = this.#options;
    const window = this.#window;
    if (!window) return;
    const started = performance.now();
    await fillWindow({
      clickhouse: context.clickhouse,
      lane,
      window,
      committed: this.#committed,
      decode: context.decode,
      fetch: this.#commit.fetch,
      signal: AbortSignal.any([this.#abort.signal, context.signal]),
      onProgress: (done, total) => monitor.windowFilling(done, total),
    });
    monitor.windowFilled(window, performance.now() - started);
  }

  #progress(): { epoch: number; generation: number; committed: number } {
    return { epoch: this.#options.lane.epoch, generation: this.#commit.generation, committed: this.#committed };
  }

  /** Told to stop: takes no more, and gives what is in hand until the deadline to get in. What does not stays declared, and is settled by the next claim. */
  #drain(end: "stopped" | "yielded"): void {
    this.#end ??= end;
    this.#reader?.pause();
    const drainMs = durationMs(this.#options.context.project.limits.drain);
    this.#timers.push(this.#clock.after(drainMs, () => this.#abort.abort(new Error("Draining took too long."))));
    this.#wake();
  }

  /** A change of state is also told to whoever looks from outside, by a renewal that comes early. */
  #say(state: LaneState, reason?: string): void {
    const changed = state !== this.#options.monitor.state;
    this.#options.monitor.setState(state, reason);
    if (changed) void this.#renew(0);
  }

  /** Renews the claim, unless its value was written less than so many milliseconds ago. */
  async #renew(olderThanMs: number): Promise<void> {
    if (this.#options.checkpoint.age < olderThanMs) return;
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
    const options = {
      ...lane,
      from: this.#committed + 1,
      onMessage: (message: LogMessage) => this.#take(message),
      onStatus: (status: ReaderStatus) => this.#onStatus(status),
      windowBytes: Math.max(context.project.limits.readAhead, 2 * context.project.limits.maxPayload),
    };
    this.#reader = context.jetstream.openReader(limitReader(options, context.ranges.get(lane.stream)?.last ?? Infinity));
  }

  #onStatus(status: ReaderStatus): void {
    const { lane, monitor } = this.#options;
    monitor.readerStatus(status);
    if (status.type === "caught-up" && status.lastSeq < this.#committed)
      this.#failure ??= new LogBehindLedger(lane.stream, status.lastSeq, this.#committed);
    if (status.type === "stream-missing" || status.type === "stream-recreated") this.#end ??= status.type;
    // Everything stored was delivered: the sequences after the last message are gone from the stream, and are covered as missing.
    if (status.type === "caught-up" && !this.#overflow && status.lastSeq > this.#filling.last) {
      if (this.#filling.isEmpty) this.#filledSince = this.#clock.now();
      this.#filling.extendTo(status.lastSeq);
    }
    this.#wake();
  }

  #take(message: LogMessage): void {
    this.#options.monitor.read(message);
    const isFirst = this.#filling.isEmpty;
    if (isFirst) this.#filledSince = this.#clock.now();
    if (this.#filling.accepts(message)) this.#filling.add(message);
    else this.#overflow = message;
    if (this.#overflow || this.#filling.isFull) this.#reader?.pause();
    else if (!isFirst && message.seq !== this.#options.lastSeq) return;
    this.#wake();
  }

  /** Waits until the batch being filled is due. @returns undefined when there is nothing more to do */
  async #nextBatch(): Promise<Batch | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure as Error;
      if (this.#isAtEnd()) this.#end ??= "caught-up";
      if (this.#isDue()) return this.#swap();
      if (this.#end !== undefined) return undefined;
      if (this.#filling.isEmpty && this.#clock.now() - this.#lookedAt >= this.#leaseMs) await this.#lookAtLedger();
      await this.#sleep(this.#filling.isEmpty ? this.#leaseMs : Math.max(1, this.#batchAgeMs - this.#fillingAge));
    }
  }

  /** A quiet lane has no batch that would show that ClickHouse was restored, so it asks; a ClickHouse that is away is for the next batch to wait for. */
  async #lookAtLedger(): Promise<void> {
    this.#lookedAt = this.#clock.now();
    try {
      await checkLedgerEnd(this.#commit.clickhouse, this.#options.lane, this.#committed);
    } catch (error) {
      if (!(error instanceof ClickHouseFailure)) throw error;
    }
  }

  #isDue(): boolean {
    const filling = this.#filling;
    if (filling.isEmpty) return false;
    return filling.isFull || this.#overflow !== undefined || this.#end !== undefined || this.#fillingAge >= this.#batchAgeMs;
  }

  get #fillingAge(): number {
    return this.#clock.now() - this.#filledSince;
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
    if (overflow) {
      this.#filledSince = this.#clock.now();
      this.#filling.add(overflow);
    }
    if (this.#end === undefined) this.#reader?.resume();
    return full.finish();
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = this.#clock.after(ms, resolve);
      this.#wake = () => {
        callOff();
        resolve();
      };
    });
  }

  /** Declares a batch (which also commits the one before) and puts it in. */
  async #put(batch: Batch): Promise<void> {
    const { checkpoint, context, resumption } = this.#options;
    await context.pace?.(batch.received);
    const started = this.#clock.now();
    const isSuspect = batch.first <= resumption.suspectUpTo;
    const intent = { first: batch.first, last: batch.last, fingerprint: isSuspect ? LOOK_FIRST : this.#fingerprint };
    await checkpoint.write((value) => ({ ...value, ...this.#progress(), intent }));
    this.#done(batch, await (isSuspect ? this.#commitRest(batch) : this.#commitBatch(batch)), started);
  }

  /** Tells who declares a batch: this code, for these tables. */
  get #fingerprint(): string {
    return `${this.#options.context.code}/${this.#options.resumption.tables}`;
  }

  #done(batch: Batch, row: LedgerRow, started: number): void {
    this.#committed = batch.last;
    this.#chain = row.chain;
    this.#options.monitor.committed(batch, row, this.#clock.now() - started);
    if (this.#window) this.#options.monitor.windowHolds(this.#window);
  }

  /** Reads a declared range again, all of it and nothing else, and puts it in as one batch under its old tokens. */
  async #settle(intent: LaneIntent): Promise<void> {
    const { context, lane, monitor } = this.#options;
    const { first, last } = intent;
    const started = this.#clock.now();
    this.#say("recovering");
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
    const row = await this.#commitDeclared(batch, intent.fingerprint);
    this.#done(batch, row, started);
    monitor.settled();
    // The tables have rows that other code made, or whose messages have left the stream: the window is to know them.
    if (intent.fingerprint !== this.#fingerprint || row.event_rows !== batch.events.rows) await this.#fillWindow();
  }

  /**
   * A batch that was declared before, by this code, for these tables and lately, is sent again exactly as it was: its tokens let in what is lacking, also behind views, and keep out a
   * sleeping worker that wakes in the middle. Made by other code, for other tables, or long ago, only what is not there is sent.
   */
  async #commitDeclared(batch: Batch, fingerprint: string): Promise<LedgerRow> {
    const { clickhouse } = this.#commit;
    const same = fingerprint === this.#fingerprint && (await areTokensRemembered(clickhouse, batch.lane));
    return same ? this.#commitBatch(batch, { kind: "declared" }) : this.#commitRest(batch);
  }

  /** Sends only what is not there. */
  async #commitRest(batch: Batch): Promise<LedgerRow> {
    return this.#commitBatch(batch, { kind: "rows", ...(await rowsThere(this.#commit.clickhouse, batch)) });
  }

  /** Puts in a batch; what ClickHouse lost and takes for sent goes in under a new generation. */
  async #commitBatch(batch: Batch, earlier?: Earlier): Promise<LedgerRow> {
    try {
      return await commitBatch(this.#commit, batch, this.#chain, earlier);
    } catch (error) {
      if (!(error instanceof TokenSpent)) throw error;
      this.#commit = { ...this.#commit, generation: this.#commit.generation + 1 };
      return this.#commitRest(batch);
    }
  }
}
