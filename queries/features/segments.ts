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

  /**
   * Holds for the segments of a feature's window, where those that are too new or lie beyond every window were left out. One comparison, because ClickHouse takes 45 ms in place of 20 to
   * analyze twenty features with two in each (26.7, `optimize_and_compare_chain`).
   */
  within({ delay, reach }: Pick<CountedColumn, "delay" | "reach">): string {
    const [newest, oldest] = [this.#edges.indexOf(delay) + 1, this.#edges.indexOf(reach)];
    if (newest === 1) return `segment <= ${oldest}`;
    return `segment IN (${Array.from({ length: oldest - newest + 1 }, (_, index) => newest + index).join(", ")})`;
  }
}
