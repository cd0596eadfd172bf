import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oracleDuplicates, type LoggedEvent } from "../../tests/oracles/duplicates.ts";
import { spanOf } from "../decode/span.ts";
import { KeyWindow, SLACK_MS } from "./key-window.ts";

const START = Date.UTC(2026, 10, 27) * 1_000;
const EPOCH = 1_790_000_000_123_456;

function accepts(window: KeyWindow, { id, source, storedAt }: LoggedEvent): boolean {
  return window.accept(spanOf(source), spanOf(id), storedAt);
}

function remember(window: KeyWindow, { id, source, storedAt }: LoggedEvent): void {
  window.remember(spanOf(source), spanOf(id), storedAt);
}

const at = (ms: number, id = "a", source = "s"): LoggedEvent => ({ id, source, storedAt: START + ms * 1_000 });

/** A log whose store times mostly go on, sometimes by exactly the window or the milliseconds around it, and sometimes step back a little. */
const logs = fc.record({ within: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200_000 })) }).chain(({ within }) =>
  fc.record({
    within: fc.constant(within),
    restarts: fc.array(fc.nat(400), { maxLength: 6 }),
    log: fc
      .array(
        fc.tuple(
          fc.constantFrom("a", "b", "c", "ab", "", "é"),
          fc.constantFrom("s", "sa", "", "t"),
          fc.oneof(
            { weight: 6, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
            { weight: 3, arbitrary: fc.constantFrom(within - 1, within, within + 1).map((ms) => ms * 1_000) },
            { weight: 1, arbitrary: fc.integer({ min: -(SLACK_MS / 2) * 1_000, max: 0 }) },
            { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * 86_400_000_000 }) },
          ),
        ),
        { maxLength: 400 },
      )
      .map((steps) => {
        let now = START;
        let latest = START;
        return steps.map(([id, source, step]): LoggedEvent => {
          // Back from the latest by at most the slack, however many steps back there are.
          now = Math.max(now + step, latest - SLACK_MS * 1_000);
          latest = Math.max(latest, now);
          return { id, source, storedAt: now };
        });
      }),
  }),
);

describe("KeyWindow", () => {
  it("finds the duplicates that the oracle finds, whenever it is filled anew from what was accepted", () => {
    fc.assert(
      fc.property(logs, ({ log, restarts, within }) => {
        const expected = oracleDuplicates(log, within);
        let window = new KeyWindow(within, EPOCH);
        const found = log.map((event, index) => {
          if (restarts.includes(index)) {
            window = new KeyWindow(within, EPOCH);
            for (const [before, earlier] of log.slice(0, index).entries()) if (!expected[before]) remember(window, earlier);
          }
          return !accepts(window, event);
        });
        expect(found).toStrictEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("is open at its end, in whole milliseconds of both times", () => {
    const window = new KeyWindow(10, EPOCH);
    expect(accepts(window, { ...at(0), storedAt: START + 999 })).toBe(true);
    expect(accepts(window, { ...at(9), storedAt: START + 9_999 })).toBe(false);
    expect(accepts(window, at(10))).toBe(true);
    expect(accepts(window, at(10))).toBe(false);
  });

  it("knows the keys of 49 days, and forgets them after a pause in which its 32 bits run over", () => {
    const day = 86_400_000;
    const window = new KeyWindow(49 * day, EPOCH);
    expect(accepts(window, at(0))).toBe(true);
    expect(accepts(window, at(49 * day - 1))).toBe(false);
    expect(accepts(window, at(2 ** 32 + 1))).toBe(true);
    expect(accepts(window, at(2 ** 32 + 1 + 49 * day - 1))).toBe(false);
    expect(accepts(window, at(3 * 2 ** 32))).toBe(true);
    expect(window.size).toBe(1);
  });

  it("holds what is not older than the window and the slack, in memory that it uses again", () => {
    const window = new KeyWindow(40_000, EPOCH);
    let most = 0;
    let accepted = 0;
    for (let n = 0; n < 300_000; n += 1) {
      if (accepts(window, at(n, String(n)))) accepted += 1;
      if (n === 150_000) most = window.bytes;
    }
    expect(accepted).toBe(300_000);
    expect(window.size).toBe(40_000 + SLACK_MS);
    expect(window.bytes).toBeLessThanOrEqual(most + 65_536 * 20);
    expect(accepts(window, at(299_999, "260000"))).toBe(false);
    expect(accepts(window, at(299_999, "259999"))).toBe(true);
  });

  it("starts anew where the store's clock was set back by more than the slack", () => {
    const window = new KeyWindow(100_000, EPOCH);
    expect(accepts(window, at(SLACK_MS + 1))).toBe(true);
    expect(accepts(window, at(1))).toBe(false);
    expect(accepts(window, at(0))).toBe(true);
    expect(window.size).toBe(1);
    expect(accepts(window, at(99_999))).toBe(false);
  });

  it("tells keys apart whose texts are the same together, or long", () => {
    const window = new KeyWindow(1_000, EPOCH);
    const long = "x".repeat(20_000);
    const keys: [string, string][] = [
      ["ab", "c"],
      ["a", "bc"],
      ["", "abc"],
      ["abc", ""],
      [long, `${long}1`],
      [long, `${long}2`],
      [`${long}1`, long],
    ];
    for (const [source, id] of keys) expect(accepts(window, at(0, id, source))).toBe(true);
    for (const [source, id] of keys) expect(accepts(window, at(0, id, source))).toBe(false);
  });
});
