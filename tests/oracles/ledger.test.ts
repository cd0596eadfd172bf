import { describe, expect, it } from "vitest";
import { canonical, ledgerViolations, type Books, type EventRow, type LedgerRow, type PublishedMessage } from "./ledger.ts";

const LANE = { stream: "S", epoch: 5 };

function message(seq: number, ...events: PublishedMessage["events"]): PublishedMessage {
  return { ...LANE, seq, bytes: 10, events };
}

function published(id: string, expectation: "row" | "dead-letter" | "duplicate" = "row"): PublishedMessage["events"][number] {
  return { id, source: "test", type: "t", data: { n: id }, expect: expectation };
}

function row(seq: number, idx: number, id: string): EventRow {
  return { ...LANE, seq, idx, id, source: "test", type: "t", data: { n: id } };
}

function batch(first: number, last: number, counts: Partial<LedgerRow>): LedgerRow {
  const none = { received: 0, inserted: 0, dead_lettered: 0, duplicates: 0, missing: 0, event_rows: 0, dead_letter_rows: 0, bytes: 0 };
  return { ...LANE, generation: 0, first, last, ...none, ...counts };
}

/** Five messages: two events in one; an invalid payload; a duplicate; one deleted before it was read; an event beside an invalid one. */
const balanced: Books = {
  published: [
    message(1, published("a"), published("b")),
    message(2),
    message(3, published("a", "duplicate")),
    { ...message(4, published("gone")), deleted: true },
    message(5, published("c"), published("bad", "dead-letter")),
  ],
  events: [row(1, 0, "a"), row(1, 1, "b"), row(5, 0, "c")],
  deadLetters: [
    { ...LANE, seq: 2, idx: 0 },
    { ...LANE, seq: 5, idx: 1 },
  ],
  ledger: [
    batch(1, 3, { received: 3, inserted: 1, dead_lettered: 1, duplicates: 1, event_rows: 2, dead_letter_rows: 1, bytes: 30 }),
    batch(4, 5, { received: 1, inserted: 1, missing: 1, event_rows: 1, dead_letter_rows: 1, bytes: 10 }),
  ],
};

function found(change: Partial<Books>): string[] {
  return ledgerViolations({ ...balanced, ...change }).map(({ kind, where }) => `${kind} ${where.replace("S@5 ", "")}`);
}

describe("ledgerViolations", () => {
  it("finds none in books that balance, in any order of rows", () => {
    expect(ledgerViolations(balanced)).toEqual([]);
    expect(found({ events: balanced.events.toReversed(), ledger: balanced.ledger.toReversed() })).toEqual([]);
  });

  it("finds a missing row, and the counts that are wrong with it", () => {
    const violations = ledgerViolations({ ...balanced, events: balanced.events.slice(1) });
    expect(violations.map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual([
      "missing: expected a row, found 0 rows, 0 dead letters",
      "miscounted: event_rows is 2, but should be 1",
    ]);
  });

  it("finds a doubled row and a doubled dead letter", () => {
    expect(found({ events: [...balanced.events, row(5, 0, "c")] })).toEqual(["doubled 5:0", "miscounted 4-5"]);
    expect(found({ deadLetters: [...balanced.deadLetters, { ...LANE, seq: 2, idx: 0 }] })).toEqual(["doubled 2:0", "miscounted 1-3"]);
  });

  it("finds an event that is also a dead letter", () => {
    const both = found({ deadLetters: [...balanced.deadLetters, { ...LANE, seq: 1, idx: 0 }] });
    expect(both).toEqual(["both 1:0", "unexpected 1:0", "miscounted 1-3"]);
  });

  it("finds rows of nothing published, of a duplicate, and of another incarnation", () => {
    expect(found({ events: [...balanced.events, row(1, 2, "x")] })).toContain("unexpected 1:2");
    expect(found({ events: [...balanced.events, row(3, 0, "a")] })).toContain("unexpected 3:0");
    expect(found({ events: [...balanced.events, { ...row(1, 0, "a"), epoch: 6 }] })).toEqual(["unexpected S@6 1:0"]);
  });

  it("finds a changed payload, id or type", () => {
    const [first, ...rest] = balanced.events;
    expect(found({ events: [{ ...first!, data: { n: "A" } }, ...rest] })).toEqual(["changed 1:0"]);
    expect(found({ events: [{ ...first!, id: "b" }, ...rest] })).toEqual(["changed 1:0"]);
    expect(found({ events: [{ ...first!, type: "u" }, ...rest] })).toEqual(["changed 1:0"]);
  });

  it("finds gaps at the start, between batches and at the end, and overlaps", () => {
    const [one, two] = balanced.ledger as [LedgerRow, LedgerRow];
    expect(found({ ledger: [two] })).toEqual(["gap 1-3"]);
    expect(found({ ledger: [one] })).toEqual(["gap 4-5"]);
    expect(found({ ledger: [one, { ...two, first: 5, missing: 0 }] })).toEqual(["gap 4-4"]);
    expect(found({ ledger: [one, one, two] })).toEqual(["overlap 1-3"]);
    expect(found({ ledger: [] })).toEqual(["gap 1-5"]);
  });

  it.each(["received", "inserted", "dead_lettered", "duplicates", "missing", "event_rows", "dead_letter_rows", "bytes"] as const)(
    "finds a wrong %s",
    (name) => {
      const [one, two] = balanced.ledger as [LedgerRow, LedgerRow];
      const wrong = { ...one, [name]: one[name] + 1 };
      expect(ledgerViolations({ ...balanced, ledger: [wrong, two] })[0]?.detail).toBe(
        `${name} is ${wrong[name]}, but should be ${one[name]}`,
      );
    },
  );
});

describe("canonical", () => {
  it("ignores the order of keys, nulls and empty objects, and nothing else", () => {
    expect(canonical({ b: 1, a: { d: null, c: [1, null, { y: 2, x: {} }] }, e: {} })).toBe('{"a":{"c":[1,null,{"y":2}]},"b":1}');
    expect(canonical({ a: "" })).not.toBe(canonical({}));
    expect(canonical({ a: [] })).not.toBe(canonical({}));
    expect(canonical({ a: 1 })).not.toBe(canonical({ a: "1" }));
    expect(canonical(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });
});
