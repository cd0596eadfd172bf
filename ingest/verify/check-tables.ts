import type { ClickHouse } from "../../clickhouse/index.ts";
import { countRows, NO_ROWS, type RangeCounts } from "./count-rows.ts";
import type { Finding } from "./finding.ts";
import type { LedgerFacts } from "./read-ledger.ts";

/** How the tables differ from what the ledger counts, in rows, and what has become of the dead letters. */
export interface TableCheck {
  /** Rows the ledger counts, or a replay noted, and the tables lack. */
  readonly missing: number;
  /** Rows that stand twice, or both as event and as dead letter. */
  readonly doubled: number;
  /** Rows that the ledger does not count: more than a batch has, or between two batches. */
  readonly uncounted: number;
  /** Dead letters by what has become of them. */
  readonly openLetters: number;
  readonly replayedLetters: number;
  readonly discardedLetters: number;
}

/** Nothing found. */
export const NO_FINDINGS: TableCheck = {
  missing: 0,
  doubled: 0,
  uncounted: 0,
  openLetters: 0,
  replayedLetters: 0,
  discardedLetters: 0,
};

/** The sums of two checks. */
export function addChecks(one: TableCheck, other: TableCheck): TableCheck {
  return {
    missing: one.missing + other.missing,
    doubled: one.doubled + other.doubled,
    uncounted: one.uncounted + other.uncounted,
    openLetters: one.openLetters + other.openLetters,
    replayedLetters: one.replayedLetters + other.replayedLetters,
    discardedLetters: one.discardedLetters + other.discardedLetters,
  };
}

/** Sequences checked by one query: exact distinct counts of a million rows take some 50 MB on the server. */
const SEQUENCES_A_QUERY = 1_000_000;
/** A replay adds rows while they are counted, and its steps are milliseconds apart: what is found three times is so. */
const LOOKS = 3;

/**
 * Compares, batch by batch, the rows of `events` and `dead_letters` with ledger rows of one lane.
 * @param batches ordered by sequence, some thousands at most
 * @param end last sequence of the batches before these: what lies between it and the first of these is in no batch
 * @param onFinding called for everything that is wrong
 */
export async function checkTables(
  clickhouse: ClickHouse,
  batches: readonly LedgerFacts[],
  end: number,
  onFinding: (finding: Finding) => void,
): Promise<TableCheck> {
  let sum = NO_FINDINGS;
  let before = end;
  for (const part of parts(batches)) {
    let findings: Finding[] = [];
    let found = NO_FINDINGS;
    for (let look = 0; look === 0 || (findings.length > 0 && look < LOOKS); look += 1) {
      findings = [];
      found = judge(part, await countRows(clickhouse, part, before), findings);
    }
    for (const finding of findings) onFinding(finding);
    sum = addChecks(sum, found);
    before = Math.max(before, ...part.map(({ last }) => last));
  }
  return sum;
}

function parts(batches: readonly LedgerFacts[]): LedgerFacts[][] {
  const result: LedgerFacts[][] = [];
  let span = 0;
  for (const row of batches) {
    if (result.length === 0 || span >= SEQUENCES_A_QUERY) {
      result.push([]);
      span = 0;
    }
    result.at(-1)?.push(row);
    span += row.last - row.first + 1;
  }
  return result;
}

/** @param findings gets what is wrong */
function judge(part: readonly LedgerFacts[], counts: ReadonlyMap<number, RangeCounts>, findings: Finding[]): TableCheck {
  let sum = NO_FINDINGS;
  for (const row of part) {
    const found = judgeBatch(row, counts.get(row.first) ?? NO_ROWS);
    const { first, last } = row;
    if (found.missing > 0) findings.push({ first, last, what: `${rows(found.missing)} missing from the tables.` });
    if (found.doubled > 0) findings.push({ first, last, what: `${rows(found.doubled)} doubled in the tables.` });
    if (found.uncounted > 0) findings.push({ first, last, what: `${rows(found.uncounted)} more than the ledger counts.` });
    sum = addChecks(sum, found);
  }
  const firsts = new Set(part.map(({ first }) => first));
  for (const [first, { deadLetterRows, eventRows }] of counts) {
    if (firsts.has(first)) continue;
    const uncounted = eventRows + deadLetterRows;
    const last = Math.min(...[...firsts].filter((next) => next > first)) - 1;
    findings.push({ first, last: Number.isFinite(last) ? last : first, what: `${rows(uncounted)} in no batch of the ledger.` });
    sum = addChecks(sum, { ...NO_FINDINGS, uncounted });
  }
  return sum;
}

/** Rows that a replay put in place of dead letters stand beside what the ledger counted when the batch went in. */
function judgeBatch(row: LedgerFacts, found: RangeCounts): TableCheck {
  const events = row.event_rows + found.replayedRows + found.replayingRows;
  return {
    missing: Math.max(0, events - found.events) + Math.max(0, row.dead_letter_rows - found.deadLetters),
    doubled: found.eventRows - found.events + found.deadLetterRows - found.deadLetters + found.both,
    uncounted: Math.max(0, found.events - events) + Math.max(0, found.deadLetters - row.dead_letter_rows),
    openLetters: found.deadLetters - found.replayed - found.discarded,
    replayedLetters: found.replayed,
    discardedLetters: found.discarded,
  };
}

function rows(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`;
}
