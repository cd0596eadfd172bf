import { setTimeout as sleep } from "node:timers/promises";
import type { Lanes, LaneValue } from "../../jetstream/index.ts";
import { Checkpoint } from "./checkpoint.ts";

/** Who claims what. */
export interface ClaimOptions {
  readonly lanes: Lanes;
  readonly lane: string;
  /** Unique to this claim. */
  readonly owner: string;
  /** A value that has not changed for this long, in milliseconds, is abandoned. */
  readonly leaseMs: number;
  /**
   * Holds the lane for a switch with the database of this name: takes it from its worker at once, whose next compare-and-set fails, and keeps workers off until
   * the value is written without `held`. Only another switch that is alive is waited for.
   */
  readonly hold?: string;
  readonly signal: AbortSignal;
  /** Called once if the lane is another's, with its owner, and with the database of the switch that holds it if one does. */
  readonly onWait: (owner: string, held: string | undefined) => void;
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
  const { hold, lanes, lane, leaseMs, owner, signal } = options;
  let seen: number | undefined;
  let seenAt = performance.now();
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    const entry = await lanes.read(lane);
    if (entry?.revision !== seen) {
      seen = entry?.revision;
      seenAt = performance.now();
    }
    const previous = entry?.value;
    if (isFree(previous, hold !== undefined, performance.now() - seenAt >= leaseMs)) {
      const base = previous ?? UNCLAIMED;
      const next = { ...base, owner, beat: base.beat + 1, ...(hold === undefined ? {} : { held: hold, generation: base.generation + 1 }) };
      const revision = await lanes.replace(lane, next, entry?.revision);
      if (revision !== undefined) return { checkpoint: new Checkpoint(lanes, lane, next, revision), previous };
      continue;
    }
    if (!told) options.onWait(previous?.owner ?? "a switch of databases", previous?.held);
    told = true;
    await sleep(Math.min(1_000, leaseMs / 10), undefined, { signal });
  }
}

/** Whether a lane may be taken. A lane held for a switch stays so after its owner died: its tables may be exchanged in part. */
function isFree(value: LaneValue | undefined, forSwitch: boolean, isAbandoned: boolean): boolean {
  if (value?.held !== undefined) return forSwitch && isAbandoned;
  return forSwitch || value?.owner === undefined || isAbandoned;
}
