import type { LaneEntry, LaneValue } from "../../jetstream/index.ts";
import { Checkpoint, type CheckpointPlace } from "./checkpoint.ts";

/** Who claims what. */
export interface ClaimOptions extends CheckpointPlace {
  /** Unique to this claim. */
  readonly owner: string;
  /** A value that has not changed for this long, in milliseconds, is abandoned. */
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** Asked before the lane is claimed: whether this worker may hold one more. */
  readonly take: () => boolean;
  /** Called if the lane was not got after all. */
  readonly giveBack: () => void;
  /** Called once if the lane is another's, with its owner. */
  readonly onWait: (owner: string) => void;
}

/** A claimed lane, and what its checkpoint said before. */
export interface Claim {
  readonly checkpoint: Checkpoint;
  readonly previous: LaneValue | undefined;
}

const UNCLAIMED: LaneValue = { epoch: 0, generation: 1, committed: 0, beat: 0 };

/** @returns undefined if another was first */
async function claimNow(options: ClaimOptions, entry: LaneEntry | undefined): Promise<Claim | undefined> {
  const previous = entry?.value;
  const next = { ...(previous ?? UNCLAIMED), owner: options.owner, beat: (previous?.beat ?? 0) + 1, report: options.report() };
  const revision = await options.lanes.replace(options.lane, next, entry?.revision);
  return revision === undefined ? undefined : { checkpoint: new Checkpoint(options, next, revision), previous };
}

/**
 * Claims a lane once this worker may hold one more: at once if it is free, else as soon as its value has stood still for the lease time. Time is measured here, by this process's monotonic clock,
 * from the moment it first saw the value: no clocks are compared.
 * @throws the signal's reason if it aborts
 */
export async function claimLane(options: ClaimOptions): Promise<Claim> {
  const { clock, lanes, lane, leaseMs, signal } = options;
  let seen: number | undefined;
  let seenAt = clock.now();
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    const entry = await lanes.read(lane);
    const holder = entry?.value?.owner;
    if (entry?.revision !== seen) {
      seen = entry?.revision;
      seenAt = clock.now();
    }
    const isFree = holder === undefined || clock.now() - seenAt >= leaseMs;
    if (isFree && options.take()) {
      const claim = await claimNow(options, entry).catch((error: unknown) => {
        options.giveBack();
        throw error;
      });
      if (claim) return claim;
      options.giveBack();
      continue;
    }
    if (!told && holder !== undefined) {
      options.onWait(holder);
      told = true;
    }
    await clock.sleep(Math.min(1_000, leaseMs / 10), signal);
  }
}
