import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import { durationMs, type Project } from "../../model/index.ts";
import { claimLane } from "../lane/claim.ts";
import type { Checkpoint } from "../lane/checkpoint.ts";
import { readLedgerEnd } from "../ledger.ts";

/** Whose lanes to hold. */
export interface HoldOptions {
  readonly project: Project;
  readonly jetstream: JetStream;
  /** The database that the lanes fill. */
  readonly clickhouse: ClickHouse;
  /** The database that a replay has filled: what the switch is with. */
  readonly into: string;
  readonly signal: AbortSignal;
  /** Another switch holds a lane: it is waited for. */
  readonly onWait: (owner: string) => void;
}

/** A lane and its checkpoint. */
interface HeldLane {
  readonly stream: string;
  readonly checkpoint: Checkpoint;
}

/** The lanes of a database, held for a switch: no worker inserts until they are released. They stay held if this process dies. */
export class HeldLanes {
  readonly #options: HoldOptions;
  readonly #lanes: readonly HeldLane[];
  readonly #renewal: NodeJS.Timeout;

  private constructor(options: HoldOptions, lanes: readonly HeldLane[]) {
    this.#options = options;
    this.#lanes = lanes;
    this.#renewal = setInterval(
      () => {
        // A failure is met again by the next write, which somebody waits for.
        for (const { checkpoint } of lanes) void checkpoint.write((value) => value).catch(() => undefined);
      },
      durationMs(options.project.limits.lease) / 3,
    );
  }

  /** Takes every lane from its worker at once. @throws the signal's reason if it aborts while another switch holds one */
  static async take(options: HoldOptions): Promise<HeldLanes> {
    const { clickhouse, into, jetstream, onWait, project, signal } = options;
    const lanes = await jetstream.lanes(clickhouse.database, Math.max(...project.streams.map(({ replicas = 1 }) => replicas)));
    const owner = `switch with ${into}/${randomUUID().slice(0, 8)}`;
    const held: HeldLane[] = [];
    try {
      for (const { name: stream } of project.streams) {
        const leaseMs = durationMs(project.limits.lease);
        const { checkpoint } = await claimLane({ lanes, lane: stream, owner, leaseMs, signal, onWait, hold: into });
        held.push({ stream, checkpoint });
      }
    } catch (error) {
      await new HeldLanes(options, held).release();
      throw error;
    }
    return new HeldLanes(options, held);
  }

  /** Makes sure that they are still held. @throws LaneLost if another switch has taken over */
  async renew(): Promise<void> {
    for (const { checkpoint } of this.#lanes) await checkpoint.write((value) => value);
  }

  /**
   * Waits until the batches that were under way are in the ledger, but no longer than the lease: by then a worker that lives has noticed that the lane is not its own.
   * What it leaves undone is harmless behind the fence.
   */
  async settle(): Promise<void> {
    const { clickhouse, project, signal } = this.#options;
    const deadline = performance.now() + durationMs(project.limits.lease);
    for (const { stream, checkpoint } of this.#lanes) {
      const { epoch, intent } = checkpoint.value;
      if (!intent) continue;
      while (performance.now() < deadline && (await readLedgerEnd(clickhouse, { stream, epoch })).committed < intent.last)
        await sleep(50, undefined, { signal });
    }
  }

  /** Gives the lanes back as they were: nothing was exchanged. */
  async release(): Promise<void> {
    try {
      for (const { checkpoint } of this.#lanes) await checkpoint.write(({ owner: _owner, held: _held, ...value }) => value);
    } finally {
      this.close();
    }
  }

  /** Gives the lanes back with the position of the ledger that their database has now. */
  async releaseAtLedger(): Promise<void> {
    const { clickhouse, jetstream } = this.#options;
    for (const { stream, checkpoint } of this.#lanes) {
      const epoch = (await jetstream.streamState(stream))?.epoch ?? checkpoint.value.epoch;
      const { committed, generation } = await readLedgerEnd(clickhouse, { stream, epoch });
      await checkpoint.write((value) => ({ epoch, generation: Math.max(value.generation, generation), committed }));
    }
    this.close();
  }

  /** Ends the renewal; the lanes stay held. */
  close(): void {
    clearInterval(this.#renewal);
  }
}
