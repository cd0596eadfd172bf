import { chainOf, type LedgerRow } from "../ledger.ts";

/** What verification needs of a ledger row. */
export type LedgerFacts = Omit<LedgerRow, "code" | "worker" | "inserted_at" | "stored_from" | "stored_to">;

/** What is wrong within a ledger itself. */
export interface LedgerCheck {
  readonly problems: readonly string[];
  /** Rows whose chain hash does not follow from the row before and their own facts. */
  readonly changed: number;
}

/** Checks the ledger of one lane, ordered by sequence: ranges contiguous from 1, counts that add up, and the chain. */
export function checkLedger(ledger: readonly LedgerFacts[]): LedgerCheck {
  const problems: string[] = [];
  let changed = 0;
  let expected = 1;
  let chain = "";
  for (const row of ledger) {
    const where = `${row.stream} ${row.first}-${row.last}`;
    if (row.first > expected) problems.push(`${where}: sequences ${expected}-${row.first - 1} are in no batch.`);
    if (row.first < expected) problems.push(`${where}: overlaps the batch before, which ends at ${expected - 1}.`);
    if (row.received !== row.inserted + row.dead_lettered + row.duplicates) {
      problems.push(
        `${where}: ${row.received} received, but ${row.inserted} inserted + ${row.dead_lettered} dead-lettered + ${row.duplicates} duplicates.`,
      );
    }
    if (row.missing !== row.last - row.first + 1 - row.received)
      problems.push(`${where}: received and missing do not add up to the range.`);
    if (chainOf(chain, row) !== row.chain) {
      changed += 1;
      problems.push(`${where}: the chain hash does not fit: this ledger row, or one before it, was changed.`);
    }
    chain = row.chain;
    expected = row.last + 1;
  }
  return { problems, changed };
}
