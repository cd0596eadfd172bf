import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lagOf, WaitingMessages, type LagFacts } from "./lag.ts";

const NOW = Date.UTC(2026, 10, 27) * 1_000;
const facts = (changes: Partial<LagFacts> = {}): LagFacts => ({
  connected: true,
  committed: 100,
  lastSeq: 130,
  toldMs: 0,
  oldestStoredAt: NOW - 2_500_000,
  now: NOW,
  ...changes,
});
const unknown = { messages: Number.NaN, seconds: Number.NaN };

describe("lagOf", () => {
  it("counts what is stored and not committed, and the age of the oldest of it", () => {
    expect(lagOf(facts())).toStrictEqual({ messages: 30, seconds: 2.5 });
  });

  it("is 0 where nothing waits", () => {
    expect(lagOf(facts({ committed: 130, oldestStoredAt: undefined }))).toStrictEqual({ messages: 0, seconds: 0 });
    expect(lagOf(facts({ committed: 0, lastSeq: 0, oldestStoredAt: undefined }))).toStrictEqual({ messages: 0, seconds: 0 });
  });

  it("knows no age where messages wait of which none is read", () => {
    expect(lagOf(facts({ oldestStoredAt: undefined }))).toStrictEqual({ messages: 30, seconds: Number.NaN });
  });

  it("takes a clock that lags behind the server's for no age", () => {
    expect(lagOf(facts({ oldestStoredAt: NOW + 5_000_000 }))).toStrictEqual({ messages: 30, seconds: 0 });
  });

  it.each([
    ["the connection is down", { connected: false }],
    ["the lane is another's", { committed: undefined }],
    ["the stream has not told", { lastSeq: undefined }],
    ["it told long ago", { toldMs: 15_001 }],
    ["it told long ago and all was committed", { toldMs: 15_001, committed: 130 }],
    ["the stream ends before what is committed", { lastSeq: 99 }],
  ])("is unknown when %s", (_when, changes) => {
    expect(lagOf(facts(changes))).toStrictEqual(unknown);
  });
});

describe("WaitingMessages", () => {
  it("keeps the oldest message of the batch that is filled while the one before is committed", () => {
    const waiting = new WaitingMessages();
    for (let seq = 1; seq <= 10; seq += 1) waiting.read(seq, NOW + seq * 60_000_000);
    expect(waiting.oldestStoredAt).toBe(NOW + 60_000_000);
    waiting.committed(4);
    expect(waiting.oldestStoredAt).toBe(NOW + 300_000_000);
    waiting.committed(10);
    expect(waiting.oldestStoredAt).toBeUndefined();
  });

  it("is never late and at most a second early, whatever is missing in between and wherever it is committed", () => {
    const message = fc.record({ gap: fc.integer({ min: 1, max: 5 }), later: fc.integer({ min: 0, max: 2_500_000 }) });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 60 }), fc.nat(300), (steps, committed) => {
        const waiting = new WaitingMessages();
        let [seq, storedAt] = [0, NOW];
        const messages = steps.map(({ gap, later }) => {
          seq += gap;
          storedAt += later;
          waiting.read(seq, storedAt);
          return { seq, storedAt };
        });
        waiting.committed(committed);
        const oldest = messages.find((each) => each.seq > committed)?.storedAt;
        if (oldest === undefined) expect(waiting.oldestStoredAt).toBeUndefined();
        else {
          expect(waiting.oldestStoredAt).toBeLessThanOrEqual(oldest);
          expect(waiting.oldestStoredAt).toBeGreaterThan(oldest - 1_000_000);
        }
      }),
    );
  });
});
