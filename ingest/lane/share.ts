/**
 * The lanes that a worker holds, and how many it may: the number of lanes over that of the live workers, rounded up. It only spreads the work; what keeps two workers
 * from one lane is the compare-and-set on its checkpoint.
 */
export class Share {
  readonly #lanes: number;
  #most: number;
  /** Lane -> gives it up. */
  readonly #held = new Map<string, () => void>();

  /** @param lanes how many lanes the project has; all may be held until it is known that there are other workers */
  constructor(lanes: number) {
    this.#lanes = lanes;
    this.#most = lanes;
  }

  /** Takes note that a lane is about to be claimed. @returns false if the worker has its share already */
  take(lane: string, giveUp: () => void): boolean {
    if (this.#held.size >= this.#most) return false;
    this.#held.set(lane, giveUp);
    return true;
  }

  /** The lane was not got, or is not held any more. */
  giveBack(lane: string): void {
    this.#held.delete(lane);
  }

  /** There are so many live workers, this one included: lanes beyond the share are given up, those that were taken last first. */
  divideBy(workers: number): void {
    this.#most = Math.ceil(this.#lanes / Math.max(1, workers));
    for (const giveUp of [...this.#held.values()].slice(this.#most)) giveUp();
  }
}
