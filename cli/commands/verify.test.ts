import { describe, expect, it } from "vitest";
import type { LaneReport, VerifyReport } from "../../ingest/index.ts";
import { verdict, verifyView } from "./verify.ts";

const plain = { paint: (_color: string, text: string): string => text };
const counts = {
  received: 12_345,
  inserted: 12_340,
  deadLettered: 5,
  duplicates: 0,
  deletedBeforeRead: 0,
  leftOut: 0,
  missing: 0,
  doubled: 0,
  uncounted: 0,
  pending: 0,
  changed: 0,
  openLetters: 5,
  replayedLetters: 0,
  discardedLetters: 0,
  log: null,
  firstBad: null,
};

function report(changes: Partial<LaneReport> = {}): VerifyReport {
  const lane: LaneReport = { stream: "SHOP", epoch: 7, committed: 12_345, ...counts, problems: [], ...changes };
  return { ...counts, ...changes, ok: lane.problems.length === 0, compared: true, lanes: [lane] };
}

describe("verdict", () => {
  it("praises, and tells what is gone and what is still to come", () => {
    expect(verdict(report(), plain)).toBe("✓ verified: each of 12,345 messages is in the tables exactly once; 5 of them as dead letters.");
    expect(verdict(report({ deletedBeforeRead: 4, pending: 500 }), plain)).toBe(
      "✓ verified: each of 12,345 messages is in the tables exactly once; 5 of them as dead letters; 4 sequences gone from the stream before they were read; " +
        "500 rows of a batch under way not yet in the ledger.",
    );
  });

  it("tells what was left out as a duplicate", () => {
    expect(verdict(report({ duplicates: 7 }), plain)).toBe(
      "✓ verified: each of 12,345 messages is accounted for exactly once; 5 of them as dead letters; 7 of them counted as duplicates.",
    );
  });

  it("blames with the counts that are not 0", () => {
    const problems = ["SHOP: something."];
    expect(verdict(report({ problems, missing: 1, uncounted: 351 }), plain)).toBe(
      "✗ not as the ledger says: 1 row missing, 351 rows in no batch.",
    );
    expect(verdict(report({ problems, doubled: 2, changed: 1 }), plain)).toBe("✗ not as the ledger says: 2 rows doubled, 1 batch changed.");
    expect(verdict(report({ problems }), plain)).toBe("✗ the ledger does not add up.");
    const firstBad = {
      stream: "SHOP",
      epoch: 7,
      first: 1,
      last: 10,
      problem: "stream SHOP epoch 7 sequences 1–10: 1 row missing from the tables.",
    };
    expect(verdict(report({ problems, missing: 1, firstBad }), plain)).toBe(
      "✗ not as the ledger says: 1 row missing. It begins with stream SHOP epoch 7 sequences 1–10: 1 row missing from the tables.",
    );
  });
});

describe("verifyView", () => {
  it("shows every count of a lane under its title, then the problems", () => {
    const lines = verifyView(report({ deletedBeforeRead: 42, uncounted: 7, problems: ["SHOP: seven rows."] }), plain).split("\n");
    const titles = lines[0]?.split(/ {2,}/) ?? [];
    const cells = lines[2]?.split(/ {2,}/) ?? [];
    expect(cells[titles.indexOf("gone before read")]).toBe("42");
    expect(cells[titles.indexOf("in no batch")]).toBe("7");
    expect(lines.slice(3)).toStrictEqual([
      "  SHOP: seven rows.",
      "✗ not as the ledger says: 7 rows in no batch.",
      "Why dead letters: hydrograph dlq list",
      "",
    ]);
  });

  it("tells what came of reading the log again", () => {
    const log = { agreed: 3, changed: 1, incomplete: 2, gone: 40 };
    expect(verifyView(report({ log }), plain)).toContain(
      "The log: 3 batches as they were read; 1 batch changed; 40 messages of 2 batches deleted since, so that these cannot be compared.\n",
    );
  });

  it("points to no dead letters where there are none", () => {
    expect(verifyView({ ...report(), openLetters: 0 }, plain)).not.toContain("dlq");
  });

  it("says so where nothing is ingested", () => {
    expect(verifyView({ ...report(), lanes: [] }, plain)).toMatch(/nothing to verify/);
  });
});
