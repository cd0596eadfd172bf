import { describe, expect, it } from "vitest";
import { chainOf } from "../ledger.ts";
import { LedgerCheck } from "./check-ledger.ts";
import type { LedgerFacts } from "./read-ledger.ts";

/** A ledger of batches with these ranges, each of received messages only, and chained. */
function ledgerOf(ranges: readonly (readonly [number, number])[]): LedgerFacts[] {
  let chain = "";
  return ranges.map(([first, last]) => {
    const received = last - first + 1;
    const counts = { received, inserted: received, dead_lettered: 0, duplicates: 0, missing: 0, event_rows: received, dead_letter_rows: 0 };
    const facts = { stream: "SHOP", epoch: 7, generation: 1, first, last, ...counts, bytes: 10, digest: "d" };
    chain = chainOf(chain, facts);
    return { ...facts, chain };
  });
}

function check(ledger: readonly LedgerFacts[]): { problems: string[]; ledger: LedgerCheck } {
  const problems: string[] = [];
  const made = new LedgerCheck(({ first, last, what }) => problems.push(`${first}-${last}: ${what}`));
  for (const row of ledger) made.add(row);
  return { problems, ledger: made };
}

describe("LedgerCheck", () => {
  it("sums a ledger in order and knows its end", () => {
    const { ledger, problems } = check(
      ledgerOf([
        [1, 10],
        [11, 11],
        [12, 40],
      ]),
    );
    expect(problems).toStrictEqual([]);
    expect(ledger.end).toBe(40);
    expect(ledger.totals).toStrictEqual({
      received: 40,
      inserted: 40,
      deadLettered: 0,
      duplicates: 0,
      deletedBeforeRead: 0,
      leftOut: 0,
      changed: 0,
    });
  });

  it("names a gap, an overlap and a first batch that does not start at 1", () => {
    const { problems } = check(
      ledgerOf([
        [3, 10],
        [14, 20],
        [20, 30],
      ]),
    );
    expect(problems).toStrictEqual([
      "1-2: in no batch of the ledger.",
      "11-13: in no batch of the ledger.",
      "20-30: the batch overlaps the one before, which ends at 20.",
    ]);
  });

  it("notices a changed count, a dropped row and a row that stands twice", () => {
    const [one, two, three] = ledgerOf([
      [1, 10],
      [11, 20],
      [21, 30],
    ]) as [LedgerFacts, LedgerFacts, LedgerFacts];
    const changed = check([one, { ...two, received: 9, missing: 1 }, three]);
    expect(changed.problems).toStrictEqual([
      "11-20: 9 received, but 10 inserted + 0 dead-lettered + 0 duplicates.",
      "11-20: the chain hash does not fit: this ledger row was changed, or one before it was changed, added or taken away.",
    ]);
    expect(check([one, three]).ledger.totals.changed).toBe(1);
    expect(check([one, two, two, three]).ledger.totals.changed).toBe(1);
    expect(check([{ ...one, missing: 2 }]).problems[0]).toBe("1-10: received and missing do not add up to the range.");
  });
});
