import { chainOf, LEFT_OUT } from "../ledger.ts";
import type { Finding } from "./finding.ts";
import type { LedgerFacts } from "./read-ledger.ts";

/** Sums over the ledger rows of a lane. */
export interface LedgerTotals {
  readonly received: number;
  readonly inserted: number;
  readonly deadLettered: number;
  readonly duplicates: number;
  /** Sequences that the stream no longer had when they were read. */
  readonly deletedBeforeRead: number;
  /** Sequences before the first that a replay of a part began with. */
  readonly leftOut: number;
  /** Rows whose chain hash does not follow from the row before and their own facts. */
  readonly changed: number;
}

/** Checks the ledger of one lane row by row, in order of sequence: ranges contiguous from 1, counts that add up, and the chain. Holds sums, not rows. */
export class LedgerCheck {
  readonly #onFinding: (finding: Finding) => void;
  #totals: LedgerTotals = { received: 0, inserted: 0, deadLettered: 0, duplicates: 0, deletedBeforeRead: 0, leftOut: 0, changed: 0 };
  #end = 0;
  #chain = "";

  /** @param onFinding called for everything that is wrong */
  constructor(onFinding: (finding: Finding) => void) {
    this.#onFinding = onFinding;
  }

  /** Last sequence of the rows so far. */
  get end(): number {
    return this.#end;
  }

  get totals(): LedgerTotals {
    return this.#totals;
  }

  /** @returns whether the chain holds at this row, so that it can be believed */
  add(row: LedgerFacts): boolean {
    const changed = this.#check(row);
    const totals = this.#totals;
    this.#totals = {
      received: totals.received + row.received,
      inserted: totals.inserted + row.inserted,
      deadLettered: totals.deadLettered + row.dead_lettered,
      duplicates: totals.duplicates + row.duplicates,
      deletedBeforeRead: totals.deletedBeforeRead + (row.digest === LEFT_OUT ? 0 : row.missing),
      leftOut: totals.leftOut + (row.digest === LEFT_OUT ? row.missing : 0),
      changed: totals.changed + (changed ? 1 : 0),
    };
    this.#chain = row.chain;
    this.#end = Math.max(this.#end, row.last);
    return !changed;
  }

  /** @returns whether the chain is broken */
  #check(row: LedgerFacts): boolean {
    const { first, last } = row;
    const wrong = (what: string): void => this.#onFinding({ first, last, what });
    const expected = this.#end + 1;
    if (first > expected) this.#onFinding({ first: expected, last: first - 1, what: "in no batch of the ledger." });
    if (first < expected) wrong(`the batch overlaps the one before, which ends at ${this.#end}.`);
    if (row.received !== row.inserted + row.dead_lettered + row.duplicates) {
      wrong(`${row.received} received, but ${row.inserted} inserted + ${row.dead_lettered} dead-lettered + ${row.duplicates} duplicates.`);
    }
    if (row.missing !== last - first + 1 - row.received) wrong("received and missing do not add up to the range.");
    const changed = chainOf(this.#chain, row) !== row.chain;
    if (changed) wrong("the chain hash does not fit: this ledger row was changed, or one before it was changed, added or taken away.");
    return changed;
  }
}
