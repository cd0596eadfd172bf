import type { LogMessage, ReaderStatus, StreamReader } from "../../jetstream/index.ts";
import { durationMs } from "../../model/index.ts";
import { BatchBuilder, type Batch } from "../batch/batch-builder.ts";
import { fillWindow } from "../deduplicate/fill-window.ts";
import { KeyWindow } from "../deduplicate/key-window.ts";
import type { LaneState } from "../metrics.ts";
import { BatchPair } from "./batch-pair.ts";
import { LaneLost } from "./checkpoint.ts";
import type { Clock } from "./clock.ts";
import { LaneCommits, type ClaimedLane } from "./lane-commits.ts";
import type { LaneContext } from "./lane-context.ts";
import { limitReader } from "./limit-reader.ts";
import { LogBehindLedger } from "./log-behind-ledger.ts";
import { settleAbandoned } from "./settle-abandoned.ts";
import { settleDeclared } from "./settle-declared.ts";

/** Why a session ended: it was told to stop and has drained, or to leave the lane to another worker, reached the end it was to run to, or the stream is gone or another one. */
export type SessionEnd = "stopped" | "yielded" | "caught-up" | "stream-missing" | "stream-recreated";

/** What a claimed lane has beside what all lanes share. */
export interface ClaimedContext extends LaneContext {
  /** Tells this lane alone to drain and end: another worker is to have it. */
  readonly yielding: AbortSignal;
}

/** A claimed lane and how far it is to go. */
export interface SessionOptions extends ClaimedLane {
  readonly context: ClaimedContext;
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
  readonly #clock: Clock;
  readonly #commits: LaneCommits;
  readonly #batches: BatchPair;
  /** The keys of the events accepted so far, if duplicates are to be left out. */
  readonly #window: KeyWindow | undefined;
  readonly #batchAgeMs: number;
  readonly #leaseMs: number;
  /** Aborts inserts when the lane is lost, or when draining takes too long. */
  readonly #abort = new AbortController();
  /** Calls off what would be done later. */
  readonly #timers: (() => void)[] = [];
  /** Signals from outside, and what is done at each. */
  readonly #orders: readonly (readonly [AbortSignal, () => void])[];
  #reader: StreamReader | undefined;
  #end: SessionEnd | undefined;
  #failure: unknown;
  #wake: () => void = () => {};
  /** When the ledger was last looked at, monotonic milliseconds. */
  #lookedAt: number;

  constructor(options: SessionOptions) {
    const { context, lane } = options;
    const { deduplicate, limits } = context.project;
    const { batchBytes: bytes, batchRows: rows } = limits;
    this.#options = options;
    this.#clock = context.clock;
    this.#lookedAt = this.#clock.now();
    this.#batchAgeMs = durationMs(limits.batchAge);
    this.#leaseMs = durationMs(limits.lease);
    this.#window = deduplicate && new KeyWindow(durationMs(deduplicate.within), lane.epoch);
    this.#batches = new BatchPair(this.#clock, () => new BatchBuilder(lane, context.decode, { rows, bytes }, context.code, this.#window));
    this.#commits = new LaneCommits(options, this.#abort.signal, (state, reason) => this.#say(state, reason));
    this.#orders = [
      [context.signal, () => this.#drain("stopped")],
      [context.yielding, () => this.#drain("yielded")],
    ];
  }

  async run(): Promise<SessionEnd> {
    const { checkpoint } = this.#options;
    this.#timers.push(this.#clock.every(this.#leaseMs / 3, () => void this.#renew(this.#leaseMs / 4)));
    for (const [signal, act] of this.#orders) {
      signal.addEventListener("abort", act, { once: true });
      if (signal.aborted) act();
    }
    await this.#recover();
    this.#say("running");
    this.#batches.filling.start(this.#commits.committed + 1);
    this.#open();
    for (let batch = await this.#nextBatch(); batch; batch = await this.#nextBatch()) {
      await this.#commits.put(batch);
      this.#tellWindow();
    }
    await checkpoint.write(({ intent: _settled, owner: _released, ...value }) => ({ ...value, ...this.#commits.progress }));
    return this.#end ?? "stopped";
  }

  async close(): Promise<void> {
    for (const callOff of this.#timers) callOff();
    for (const [signal, act] of this.#orders) signal.removeEventListener("abort", act);
    this.#abort.abort(new LaneLost("The session has ended."));
    await this.#reader?.stop();
  }

  /** Settles what the owner before left, so that the lane can go on after the ledger's end. */
  async #recover(): Promise<void> {
    const { abandoned, intent } = this.#options.resumption;
    if (abandoned) await settleAbandoned(this.#commits.context, abandoned);
    await this.#fillWindow();
    if (!intent) return;
    this.#say("recovering");
    const settling = { claimed: this.#options, commits: this.#commits, builder: this.#batches.filling, signal: this.#abort.signal };
    const isAsRead = await settleDeclared(settling, intent);
    this.#tellWindow();
    // What the tables hold instead, the window is to know.
    if (!isAsRead) await this.#fillWindow();
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
      committed: this.#commits.committed,
      decode: context.decode,
      fetch: this.#commits.context.fetch,
      signal: AbortSignal.any([this.#abort.signal, context.signal]),
      onProgress: (done, total) => monitor.windowFilling(done, total),
    });
    monitor.windowFilled(window, performance.now() - started);
  }

  #tellWindow(): void {
    if (this.#window) this.#options.monitor.windowHolds(this.#window);
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
      from: this.#commits.committed + 1,
      onMessage: (message: LogMessage) => this.#take(message),
      onStatus: (status: ReaderStatus) => this.#onStatus(status),
      windowBytes: Math.max(context.project.limits.readAhead, 2 * context.project.limits.maxPayload),
    };
    this.#reader = context.jetstream.openReader(limitReader(options, context.ranges.get(lane.stream)?.last ?? Infinity));
  }

  #onStatus(status: ReaderStatus): void {
    const { lane, monitor } = this.#options;
    monitor.readerStatus(status);
    if (status.type === "caught-up" && status.lastSeq < this.#commits.committed)
      this.#failure ??= new LogBehindLedger(lane.stream, status.lastSeq, this.#commits.committed);
    if (status.type === "stream-missing" || status.type === "stream-recreated") this.#end ??= status.type;
    // Everything stored was delivered: the sequences after the last message are gone from the stream, and are covered as missing.
    if (status.type === "caught-up") this.#batches.extendTo(status.lastSeq);
    this.#wake();
  }

  #take(message: LogMessage): void {
    this.#options.monitor.read(message);
    const isFirst = this.#batches.isEmpty;
    this.#batches.add(message);
    if (this.#batches.isFull) this.#reader?.pause();
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
      if (this.#batches.isEmpty && this.#clock.now() - this.#lookedAt >= this.#leaseMs) await this.#lookAtLedger();
      await this.#sleep(this.#batches.isEmpty ? this.#leaseMs : Math.max(1, this.#batchAgeMs - this.#batches.age));
    }
  }

  async #lookAtLedger(): Promise<void> {
    this.#lookedAt = this.#clock.now();
    await this.#commits.lookAtLedger();
  }

  #isDue(): boolean {
    if (this.#batches.isEmpty) return false;
    return this.#batches.isFull || this.#end !== undefined || this.#batches.age >= this.#batchAgeMs;
  }

  #isAtEnd(): boolean {
    return this.#options.context.until === "caught-up" && this.#batches.covers(this.#options.lastSeq);
  }

  /** Hands over the batch that was being filled, and lets reading go on into the other. */
  #swap(): Batch {
    const batch = this.#batches.swap();
    if (this.#end === undefined) this.#reader?.resume();
    return batch;
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
}
