import { setTimeout as sleep } from "node:timers/promises";
import type { Lanes, LaneValue, OwnerReport } from "../../jetstream/index.ts";
import { Checkpoint } from "./checkpoint.ts";

/** Who claims what. */
export interface ClaimOptions {
  readonly lanes: Lanes;
  readonly lane: string;
  /** Unique to this claim. */
  readonly owner: string;
  /** A value that has not changed for this long, in milliseconds, is abandoned. */
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** What the claimer says of itself, from the claim on. */
  readonly report: () => OwnerReport;
  /** Called once if the lane is another's, with its owner. */
  readonly onWait: (owner: string) => void;
}

/** A claimed lane, and what its checkpoint said before. */
export interface Claim {
  readonly checkpoint: Checkpoint;
  readonly previous: LaneValue | undefined;
}

const UNCLAIMED: LaneValue = { epoch: 0, generation: 1, committed: 0, beat: 0 };

/**
 * Claims a lane: at once if it is free, else as soon as its value has stood still for the lease time. Time is measured here, by this process's monotonic clock,
 * from the moment it first saw the value: no clocks are compared.
 * @throws the signal's reason if it aborts
 */
export async function claimLane(options: ClaimOptions): Promise<Claim> {
  const { lanes, lane, leaseMs, owner, report, signal } = options;
  let seen: number | undefined;
  let seenAt = performance.now();
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    const entry = await lanes.read(lane);
    const holder = entry?.value?.owner;
    if (entry?.revision !== seen) {
      seen = entry?.revision;
      seenAt = performance.now();
    }
    if (holder === undefined || performance.now() - seenAt >= leaseMs) {
      const previous = entry?.value;
      const next = { ...(previous ?? UNCLAIMED), owner, beat: (previous?.beat ?? 0) + 1, report: report() };
      const revision = await lanes.replace(lane, next, entry?.revision);
      if (revision !== undefined) return { checkpoint: new Checkpoint({ lanes, lane, value: next, revision, report }), previous };
      continue;
    }
    if (!told) options.onWait(holder);
    told = true;
    await sleep(Math.min(1_000, leaseMs / 10), undefined, { signal });
  }
}
