import type { Lanes } from "../../jetstream/index.ts";
import type { Clock } from "./clock.ts";

/** Who joins the workers of a project, and whom to tell how many they are. */
export interface RosterOptions {
  readonly lanes: Lanes;
  /** Unique to this worker. */
  readonly worker: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Called with the number of live workers, this one included, a few times a lease. */
  readonly onCount: (workers: number) => void;
}

/** Another worker, as it was last seen. */
interface Sighting {
  readonly beat: number;
  /** When its beat was first seen to be this, monotonic milliseconds. */
  readonly at: number;
}

/** Tries of one beat: with many workers, others write in between. */
const TRIES = 5;

/**
 * The workers of a project know of each other by one value beside the checkpoints: for each a count that it raises a few times a lease. One whose count has stood still for a lease is gone, and is
 * struck off by whoever writes next. Nothing but the spread of the lanes depends on it: a beat that fails is left out.
 */
export class Roster {
  readonly #options: RosterOptions;
  readonly #seen = new Map<string, Sighting>();
  #callOff: (() => void) | undefined;
  #beat = 0;

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /** Joins, and keeps the name alive until `leave`. */
  async join(): Promise<void> {
    await this.#look();
    this.#callOff = this.#options.clock.every(this.#options.leaseMs / 3, () => void this.#look());
  }

  /** Strikes the own name off, so that the others need not wait for the lease. */
  async leave(): Promise<void> {
    this.#callOff?.();
    await this.#rewrite((others) => others).catch(() => undefined);
  }

  async #look(): Promise<void> {
    this.#beat += 1;
    try {
      const others = await this.#rewrite((alive) => ({ ...alive, [this.#options.worker]: this.#beat }));
      this.#options.onCount(Object.keys(others).length + 1);
    } catch {
      // JetStream is away: the lanes will tell.
    }
  }

  /** Replaces the value by what becomes of the live others. @returns them */
  async #rewrite(change: (others: Readonly<Record<string, number>>) => Readonly<Record<string, number>>): Promise<Record<string, number>> {
    for (let tries = 1; ; tries += 1) {
      const entry = await this.#options.lanes.readWorkers();
      const others = this.#living(entry?.value ?? {});
      if ((await this.#options.lanes.replaceWorkers(change(others), entry?.revision)) || tries === TRIES) return others;
    }
  }

  #living(beats: Readonly<Record<string, number>>): Record<string, number> {
    const { clock, leaseMs, worker } = this.#options;
    const now = clock.now();
    const living: Record<string, number> = {};
    for (const [name, beat] of Object.entries(beats)) {
      if (name === worker) continue;
      const sighting = this.#seen.get(name);
      const at = sighting?.beat === beat ? sighting.at : now;
      this.#seen.set(name, { beat, at });
      if (now - at < leaseMs) living[name] = beat;
    }
    return living;
  }
}
