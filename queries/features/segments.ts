import type { CountedColumn } from "./counted-columns.ts";

/**
 * The pieces that the edges of all windows cut a label's past into, numbered from the newest: an event lies in the segment whose number is the count of edges that its age is above, and
 * counts for a feature iff that lies between the feature's two edges. So each event is added once a label, however many windows it lies in.
 */
export class Segments {
  readonly #edges: readonly number[];

  constructor(features: readonly Pick<CountedColumn, "delay" | "reach">[]) {
    const edges = new Set(features.flatMap(({ delay, reach }) => [delay, reach]));
    this.#edges = [...edges].sort((a, b) => a - b);
  }

  /** Number of the segment that lies beyond every window; so do those from 1 to it lie within the first and the last edge, and 0 is too new. */
  get count(): number {
    return this.#edges.length;
  }

  /** The segment of an age, an SQL expression in microseconds. */
  of(age: string): string {
    return `toUInt16(${this.#edges.map((edge) => `toUInt16(${age} > ${edge})`).join(" + ")})`;
  }

  /** Holds for the segments of a feature's window. */
  within({ delay, reach }: Pick<CountedColumn, "delay" | "reach">): string {
    return `segment > ${this.#edges.indexOf(delay)} AND segment <= ${this.#edges.indexOf(reach)}`;
  }
}
