import type { LaneEntry, LaneValue } from "../../jetstream/index.ts";
import { Checkpoint, type CheckpointPlace } from "./checkpoint.ts";

/** Who claims what. */
export interface ClaimOptions extends CheckpointPlace {
  /** Unique to this claim. */
  readonly owner: string;
  /** A value that has not changed for this long, in milliseconds, is abandoned. */
  readonly leaseMs: number;
  /**
   * Holds the lane for a switch with the database of this name: takes it from its worker at once, whose next compare-and-set fails, and keeps workers off until
   * the value is written without `held`. Only another switch that is alive is waited for.
   */
  readonly hold?: string;
  /** Takes the lane from its worker at once, as `hold` does, but is a claim like any other: it has to be renewed, and ends with the lease. */
  readonly takeOver?: boolean;
  readonly signal: AbortSignal;
  /** Asked before the lane is claimed: whether this worker may hold one more. */
  readonly take: () => boolean;
  /** Called if the lane was not got after all. */
  readonly giveBack: () => void;
  /** Called once if the lane is another's, with its owner, and with the database of the switch that holds it if one does. */
  readonly onWait: (owner: string, held: string | undefined) => void;
}

/** A claimed lane, and what its checkpoint said before. */
export interface Claim {
  readonly checkpoint: Checkpoint;
  readonly previous: LaneValue | undefined;
}

const UNCLAIMED: LaneValue = { epoch: 0, generation: 1, committed: 0, beat: 0 };

/** @returns undefined if another was first */
async function claimNow(options: ClaimOptions, entry: LaneEntry | undefined): Promise<Claim | undefined> {
  const { hold, lane, lanes, owner, report } = options;
  const previous = entry?.value;
  const base = previous ?? UNCLAIMED;
  // Under another generation, no token of a worker that was cut off is used again.
  const held = hold === undefined ? {} : { held: hold, generation: base.generation + 1 };
  const next = { ...base, owner, beat: base.beat + 1, report: report(), ...held };
  const revision = await lanes.replace(lane, next, entry?.revision);
  return revision === undefined ? undefined : { checkpoint: new Checkpoint(options, next, revision), previous };
}

/**
 * Claims a lane once this worker may hold one more: at once if it is free, else as soon as its value has stood still for the lease time. Time is measured here, by this process's monotonic clock,
 * from the moment it first saw the value: no clocks are compared.
 * @throws the signal's reason if it aborts
 */
export async function claimLane(options: ClaimOptions): Promise<Claim> {
  const { clock, hold, lane, lanes, leaseMs, signal, takeOver = false } = options;
  let seen: number | undefined;
  let seenAt = clock.now();
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    const entry = await lanes.read(lane);
    if (entry?.revision !== seen) {
      seen = entry?.revision;
      seenAt = clock.now();
    }
    const value = entry?.value;
    const isAbandoned = takeOver || clock.now() - seenAt >= leaseMs;
    if (isFree(value, hold !== undefined, isAbandoned) && options.take()) {
      const claim = await claimNow(options, entry).catch((error: unknown) => {
        options.giveBack();
        throw error;
      });
      if (claim) return claim;
      options.giveBack();
      continue;
    }
    if (!told && (value?.owner !== undefined || value?.held !== undefined)) {
      options.onWait(value.owner ?? "a switch of databases", value.held);
      told = true;
    }
    await clock.sleep(Math.min(1_000, leaseMs / 10), signal);
  }
}

/** Whether a lane may be taken. A lane held for a switch stays so after its owner died: its tables may be exchanged in part. */
function isFree(value: LaneValue | undefined, forSwitch: boolean, isAbandoned: boolean): boolean {
  if (value?.held !== undefined) return forSwitch && isAbandoned;
  return forSwitch || value?.owner === undefined || isAbandoned;
}
