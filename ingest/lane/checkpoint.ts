import type { Lanes, LaneValue, OwnerReport } from "../../jetstream/index.ts";
import type { Clock } from "./clock.ts";

/** The lane is somebody else's now: drop all in hand. */
export class LaneLost extends Error {
  override readonly name = "LaneLost";
}

/** Where a checkpoint is kept. */
export interface CheckpointPlace {
  readonly lanes: Lanes;
  readonly lane: string;
  readonly clock: Clock;
  /** What the owner says of itself; asked at each write, so that every renewal tells it. */
  readonly report: () => OwnerReport;
}

/** The checkpoint of a lane that this worker has claimed. Every change is a compare-and-set on the last one; the first that fails ends the claim. */
export class Checkpoint {
  readonly #lanes: Lanes;
  readonly #lane: string;
  readonly #clock: Clock;
  readonly #report: () => OwnerReport;
  #value: LaneValue;
  #revision: number;
  #changedAt: number;
  #queue: Promise<void> = Promise.resolve();

  constructor(place: CheckpointPlace, value: LaneValue, revision: number) {
    this.#lanes = place.lanes;
    this.#lane = place.lane;
    this.#clock = place.clock;
    this.#report = place.report;
    this.#changedAt = this.#clock.now();
    this.#value = value;
    this.#revision = revision;
  }

  /** The value as last written. */
  get value(): LaneValue {
    return this.#value;
  }

  /** Milliseconds since the value was last written, on this process's monotonic clock. */
  get age(): number {
    return this.#clock.now() - this.#changedAt;
  }

  /** Writes the next value, after those asked for before. @throws LaneLost if another has written in between */
  async write(change: (value: LaneValue) => Omit<LaneValue, "beat" | "report">): Promise<void> {
    const turn = this.#queue.then(async () => {
      const next = { ...change(this.#value), beat: this.#value.beat + 1, report: this.#report() };
      const revision = await this.#lanes.replace(this.#lane, next, this.#revision);
      if (revision === undefined) throw new LaneLost(`Lane "${this.#lane}" was claimed by another worker.`);
      this.#value = next;
      this.#revision = revision;
      this.#changedAt = this.#clock.now();
    });
    this.#queue = turn.catch(() => {
      // Whoever asked for this write is told; the next one is refused by its own compare-and-set.
    });
    await turn;
  }
}
