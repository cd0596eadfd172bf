import { describe, expect, it } from "vitest";
import type { LaneValue } from "../../jetstream/index.ts";
import { checkEnd, type LedgerEnd } from "./check-end.ts";

const lane = { stream: "SHOP", epoch: 7 };
const at = (changes: Partial<LedgerEnd> = {}): LedgerEnd => ({
  lane,
  isNewest: true,
  end: 100,
  beyond: { rows: 0, last: 0 },
  checkpoint: undefined,
  ...changes,
});
const checkpoint = (changes: Partial<LaneValue> = {}): LaneValue => ({ epoch: 7, generation: 1, committed: 100, beat: 1, ...changes });
const intent = { first: 101, last: 120, fingerprint: "code" };
const rows = { rows: 5, last: 120 };
const fine = { pending: 0, uncounted: 0, finding: undefined };

describe("checkEnd", () => {
  it("finds nothing where nothing lies beyond the ledger", () => {
    expect(checkEnd(at())).toStrictEqual(fine);
    expect(checkEnd(at({ checkpoint: checkpoint() }))).toStrictEqual(fine);
    expect(checkEnd(at({ checkpoint: checkpoint({ committed: 60, intent: { ...intent, first: 61, last: 100 } }) }))).toStrictEqual(fine);
  });

  it("takes rows of the declared batch for what they are, the very first batch included", () => {
    expect(checkEnd(at({ beyond: rows, checkpoint: checkpoint({ intent }) }))).toStrictEqual({ ...fine, pending: 5 });
    const first = checkpoint({ committed: 0, intent: { ...intent, first: 1 } });
    expect(checkEnd(at({ end: 0, beyond: rows, checkpoint: first }))).toStrictEqual({ ...fine, pending: 5 });
  });

  it.each([
    ["nothing is declared", checkpoint()],
    ["the declared batch is an older one", checkpoint({ committed: 60, intent: { ...intent, first: 61, last: 100 } })],
    ["they reach beyond the declared batch", checkpoint({ intent: { ...intent, last: 119 } })],
    ["the checkpoint is of another incarnation", checkpoint({ epoch: 8, intent })],
  ])("accuses rows beyond the ledger if %s", (_why, value) => {
    expect(checkEnd(at({ beyond: rows, checkpoint: value }))).toStrictEqual({
      pending: 0,
      uncounted: 5,
      finding: { first: 101, last: 120, what: "5 rows after the ledger's end at 100 are in no batch." },
    });
  });

  it("without a checkpoint, takes rows beyond the ledger for a batch under way in the newest incarnation only", () => {
    expect(checkEnd(at({ beyond: rows }))).toStrictEqual({ ...fine, pending: 5 });
    expect(checkEnd(at({ beyond: rows, isNewest: false }))).toMatchObject({
      uncounted: 5,
      finding: { what: expect.stringContaining("in no batch") },
    });
  });

  it("accuses rows without any ledger", () => {
    const { finding, uncounted } = checkEnd(at({ end: 0, beyond: rows }));
    expect(uncounted).toBe(5);
    const what = "5 rows, but the ledger has none: it is lost, or the very first batch is under way.";
    expect(finding).toStrictEqual({ first: 1, last: 120, what });
  });

  it("accuses a ledger that ends before what the checkpoint says is committed, whether or not rows are left", () => {
    const what = "the ledger ends at 100, but its checkpoint says that all up to 150 is in: rows of the ledger are lost.";
    const finding = { first: 101, last: 150, what };
    expect(checkEnd(at({ checkpoint: checkpoint({ committed: 150 }) }))).toStrictEqual({ ...fine, finding });
    expect(checkEnd(at({ beyond: rows, checkpoint: checkpoint({ committed: 150 }) }))).toStrictEqual({ pending: 0, uncounted: 5, finding });
    expect(checkEnd(at({ checkpoint: checkpoint({ epoch: 8, committed: 150 }) }))).toStrictEqual(fine);
  });
});
