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

/**
 * A log whose store times mostly go on, sometimes by exactly the window or the milliseconds around it, and sometimes step back.
 * @param backMs how far back from the latest they may lie
 */
const logs = (backMs: number): fc.Arbitrary<{ within: number; restarts: number[]; log: LoggedEvent[] }> =>
  fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200_000 })).chain((within) => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
      { weight: 3, arbitrary: fc.constantFrom(within - 1, within, within + 1).map((ms) => ms * 1_000) },
      { weight: 1, arbitrary: fc.integer({ min: -backMs * 1_000, max: 0 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * 86_400_000_000 }) },
    );
    const steps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "ab", "", "é"), fc.constantFrom("s", "sa", "", "t"), step), {
      maxLength: 400,
    });
    return fc.record({
      within: fc.constant(within),
      restarts: fc.array(fc.nat(400), { maxLength: 6 }),
      log: steps.map((all) => logOf(all, backMs)),
    });
  });

function logOf(steps: readonly [string, string, number][], backMs: number): LoggedEvent[] {
  let now = START;
  let latest = START;
  return steps.map(([id, source, step]) => {
    now = Math.max(now + step, latest - backMs * 1_000);
    latest = Math.max(latest, now);
    return { id, source, storedAt: now };
  });
}

/** Which events a window finds to be duplicates that is filled anew, from what was accepted so far, before the events at some places. */
function found(log: readonly LoggedEvent[], within: number, restarts: readonly number[]): boolean[] {
  let window = new KeyWindow(within, EPOCH);
  const accepted: LoggedEvent[] = [];
  return log.map((event, index) => {
    if (restarts.includes(index)) {
      window = new KeyWindow(within, EPOCH);
      for (const earlier of accepted) remember(window, earlier);
    }
    const isNew = accepts(window, event);
    if (isNew) accepted.push(event);
    return !isNew;
  });
}

describe("KeyWindow", () => {
  it("finds the duplicates that the oracle finds, whenever it is filled anew", () => {
    fc.assert(
      fc.property(logs(SLACK_MS), ({ log, restarts, within }) => {
        expect(found(log, within, restarts)).toStrictEqual(oracleDuplicates(log, within));
      }),
      { numRuns: 200 },
    );
  });

  it("finds the same whenever it is filled anew, also where the store's clock is set back by hours", () => {
    fc.assert(
      fc.property(logs(7_200_000), ({ log, restarts, within }) => {
        expect(found(log, within, restarts)).toStrictEqual(found(log, within, []));
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
