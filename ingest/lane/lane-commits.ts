import { ClickHouseFailure } from "../../clickhouse/index.ts";
import type { Batch } from "../batch/batch-builder.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { LedgerRow } from "../ledger.ts";
import type { LaneState } from "../metrics.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { checkLedgerEnd, commitBatch, TokenSpent, type CommitContext, type Earlier } from "./commit-batch.ts";
import type { LaneContext } from "./lane-context.ts";
import type { LaneMonitor } from "./lane-monitor.ts";
import type { Resumption } from "./recover.ts";
import { rowsThere } from "./rows-there.ts";

/** A lane that this worker has claimed, and where it goes on. */
export interface ClaimedLane {
  readonly context: LaneContext;
  readonly lane: LaneIdentity;
  readonly checkpoint: Checkpoint;
  readonly resumption: Resumption;
  readonly monitor: LaneMonitor;
}

/** What of a batch goes in: all of it for the first time, all of it again under the same tokens, or what the tables lack of it. */
export type CommitWay = "new" | "again" | "rest";

/** Declared of a batch of which rows may be there that came otherwise: whoever settles it must not send it whole. */
const LOOK_FIRST = "look-first";

/** Puts the batches of a claimed lane in, one after the other, and knows how far the lane has come. */
export class LaneCommits {
  readonly #claimed: ClaimedLane;
  #commit: CommitContext;
  #committed: number;
  #chain: string;

  /**
   * @param signal aborts what is waited for in ClickHouse
   * @param onState is told when a batch has to wait, and when it no longer has
   */
  constructor(claimed: ClaimedLane, signal: AbortSignal, onState: (state: LaneState, reason?: string) => void) {
    const { context, lane, monitor, resumption } = claimed;
    this.#claimed = claimed;
    this.#committed = resumption.committed;
    this.#chain = resumption.chain;
    this.#commit = {
      clickhouse: context.clickhouse,
      clock: context.clock,
      signal,
      onState,
      onFailure: (failure, attempt) => monitor.insertFailed(failure, attempt),
      project: context.project.name,
      generation: resumption.generation,
      worker: context.worker,
      code: context.code,
      fetch: (seq) => context.jetstream.message(lane.stream, seq),
    };
  }

  /** Last sequence that is committed; 0 = none. */
  get committed(): number {
    return this.#committed;
  }

  /** What each batch is committed with. */
  get context(): CommitContext {
    return this.#commit;
  }

  /** Tells who declares a batch: this code, for these tables. */
  get fingerprint(): string {
    return `${this.#claimed.context.code}/${this.#claimed.resumption.tables}`;
  }

  /** What a checkpoint says of how far the lane is. */
  get progress(): { readonly epoch: number; readonly generation: number; readonly committed: number } {
    return { epoch: this.#claimed.lane.epoch, generation: this.#commit.generation, committed: this.#committed };
  }

  /** Declares a batch, which also commits the one before, and puts it in. */
  async put(batch: Batch): Promise<void> {
    const { checkpoint, context, resumption } = this.#claimed;
    await context.pace?.(batch.received);
    const started = context.clock.now();
    const isSuspect = batch.first <= resumption.suspectUpTo;
    const intent = { first: batch.first, last: batch.last, fingerprint: isSuspect ? LOOK_FIRST : this.fingerprint };
    await checkpoint.write((value) => ({ ...value, ...this.progress, intent }));
    await this.commit(batch, isSuspect ? "rest" : "new", started);
  }

  /** Puts in a batch that is declared. @param started when the work on it began, monotonic milliseconds */
  async commit(batch: Batch, way: CommitWay, started: number): Promise<LedgerRow> {
    const row = await this.#insert(batch, way);
    this.#committed = batch.last;
    this.#chain = row.chain;
    this.#claimed.monitor.committed(batch, row, this.#claimed.context.clock.now() - started);
    return row;
  }

  /** A quiet lane has no batch that would show that ClickHouse was restored, so it asks; a ClickHouse that is away is for the next batch to wait for. */
  async lookAtLedger(): Promise<void> {
    try {
      await checkLedgerEnd(this.#commit.clickhouse, this.#claimed.lane, this.#committed);
    } catch (error) {
      if (!(error instanceof ClickHouseFailure)) throw error;
    }
  }

  /** What ClickHouse lost and takes for sent goes in under a new generation. */
  async #insert(batch: Batch, way: CommitWay): Promise<LedgerRow> {
    try {
      return await commitBatch(this.#commit, batch, this.#chain, await this.#earlier(batch, way));
    } catch (error) {
      if (!(error instanceof TokenSpent)) throw error;
      this.#commit = { ...this.#commit, generation: this.#commit.generation + 1 };
      return this.#insert(batch, "rest");
    }
  }

  async #earlier(batch: Batch, way: CommitWay): Promise<Earlier | undefined> {
    if (way === "new") return undefined;
    return way === "again" ? { kind: "declared" } : { kind: "rows", ...(await rowsThere(this.#commit.clickhouse, batch)) };
  }
}
