import { RowBinaryWriter } from "./row-binary.ts";

/** Rows of one table in RowBinary, with where each ends and which event of the log it is: so rows can be sent in parts. */
export class RowSet {
  readonly writer = new RowBinaryWriter();
  readonly #ends: number[] = [];
  readonly #seqs: number[] = [];
  readonly #idxs: number[] = [];

  get rows(): number {
    return this.#ends.length;
  }

  get bytes(): number {
    return this.writer.length;
  }

  /** Notes that the row of an event has been written. */
  endRow(seq: number, idx: number): void {
    this.#ends.push(this.writer.length);
    this.#seqs.push(seq);
    this.#idxs.push(idx);
  }

  /** Sequence and place of a row's event. */
  keyOf(row: number): { readonly seq: number; readonly idx: number } {
    return { seq: this.#seqs[row] ?? 0, idx: this.#idxs[row] ?? 0 };
  }

  /** Bytes of the rows [from, to). */
  slice(from: number, to: number): Buffer {
    return this.writer.slice(from === 0 ? 0 : (this.#ends[from - 1] ?? 0), to === 0 ? 0 : (this.#ends[to - 1] ?? 0));
  }

  /** Bytes of the rows named, copied together. */
  pick(rows: readonly number[]): Buffer {
    return Buffer.concat(rows.map((row) => this.slice(row, row + 1)));
  }

  clear(): void {
    this.writer.clear();
    this.#ends.length = 0;
    this.#seqs.length = 0;
    this.#idxs.length = 0;
  }
}
