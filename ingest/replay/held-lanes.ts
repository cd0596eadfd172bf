import { randomUUID } from "node:crypto";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { replayLane, type JetStream, type LaneValue, type OwnerReport } from "../../jetstream/index.ts";
import { durationMs, storedStreams, widestReplicas, type Project } from "../../model/index.ts";
import { claimLane } from "../lane/claim.ts";
import type { Checkpoint } from "../lane/checkpoint.ts";
import { systemClock } from "../lane/clock.ts";
import { untilInLedger } from "../lane/until-in-ledger.ts";
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

/** A lane and its checkpoint, or that of the replays of a stream's dead letters. */
interface HeldLane {
  readonly stream: string;
  readonly kind: "lane" | "dead-letters";
  readonly checkpoint: Checkpoint;
}

/** Whoever switches takes all lanes, whatever the workers share. */
const NO_SHARE = { take: () => true, giveBack: () => undefined };

/** The lanes of a database, and the claims of its dead letters, held for a switch: nobody inserts until they are released. They stay held if this process dies. */
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
    const lanes = await jetstream.lanes(clickhouse.database, widestReplicas(project));
    const owner = `switch with ${into}/${randomUUID().slice(0, 8)}`;
    const held: HeldLane[] = [];
    try {
      const leaseMs = durationMs(project.limits.lease);
      const report = (): OwnerReport => ({ state: "paused", reason: `a switch with ${into} exchanges the tables` });
      const claim = { ...NO_SHARE, lanes, clock: systemClock, report, owner, leaseMs, signal, onWait, hold: into };
      for (const { name: stream } of storedStreams(project.streams)) {
        for (const [kind, lane] of [
          ["lane", stream],
          ["dead-letters", replayLane(stream)],
        ] as const)
          held.push({ stream, kind, checkpoint: (await claimLane({ ...claim, lane })).checkpoint });
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
    for (const { kind, stream, checkpoint } of this.#lanes) {
      if (kind === "lane") await untilInLedger(clickhouse, stream, checkpoint.value, deadline, signal);
    }
  }

  /** A stream whose dead letters are being replayed, or were when that broke off: its tables hold what its claim tells apart, so they must not part. */
  get replayedStream(): string | undefined {
    return this.#lanes.find(({ checkpoint, kind }) => kind === "dead-letters" && checkpoint.value.intent !== undefined)?.stream;
  }

  /** Gives the lanes back as they were: nothing was exchanged. */
  async release(): Promise<void> {
    try {
      for (const { checkpoint } of this.#lanes) await checkpoint.write(released);
    } finally {
      this.close();
    }
  }

  /** Gives the lanes back with the position of the ledger that their database has now. */
  async releaseAtLedger(): Promise<void> {
    const { clickhouse, jetstream } = this.#options;
    for (const { kind, stream, checkpoint } of this.#lanes) {
      if (kind === "dead-letters") {
        await checkpoint.write(released);
        continue;
      }
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

function released({ owner: _owner, held: _held, ...value }: LaneValue): LaneValue {
  return value;
}
