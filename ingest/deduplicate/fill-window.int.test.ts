import { afterEach, beforeEach, expect, test } from "vitest";
import { spanOf } from "../decode/span.ts";
import { testPipeline, type TestPipeline } from "../ingest.test-support.ts";
import { fillWindow } from "./fill-window.ts";
import { KeyWindow } from "./key-window.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 1);
const lane = { stream: "MADE", epoch: 7 };
let pipeline: TestPipeline;

beforeEach(async () => {
  pipeline = await testPipeline();
  // A hundred events an hour for 50 hours, and far apart in sequence: 2.5 million sequences in 50 batches. The last batch holds duplicates only, an hour later.
  await pipeline.clickhouse.command({
    name: "Events",
    sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, id, source) SELECT 'MADE', 7, 1 + number * 500, 0, fromUnixTimestamp64Milli(${START} + number * 36000), concat('e', toString(number)), 's'
          FROM numbers(5000)`,
  });
  await pipeline.clickhouse.command({
    name: "Ledger",
    sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, event_rows, stored_from, stored_to)
          SELECT 'MADE', 7, 1, 1 + number * 50000, (number + 1) * 50000, number < 50 ? 100 : 0, fromUnixTimestamp64Milli(${START} + number * ${HOUR}), fromUnixTimestamp64Milli(${START} + number * ${HOUR} + 3564000)
          FROM numbers(51)`,
  });
});

afterEach(async () => {
  await pipeline.close();
});

async function filled(withinMs: number, committed: number): Promise<{ window: KeyWindow; told: [number, number][] }> {
  const window = new KeyWindow(withinMs, lane.epoch);
  const told: [number, number][] = [];
  await fillWindow({
    clickhouse: pipeline.clickhouse,
    lane,
    window,
    committed,
    decode: () => [],
    fetch: async () => Promise.resolve(undefined),
    signal: new AbortController().signal,
    onProgress: (done, total) => told.push([done, total]),
  });
  return { window, told };
}

/** Whether event number `n` is known at an hour after the start. */
function knows(window: KeyWindow, n: number, ms: number): boolean {
  return !window.accept(spanOf("s"), spanOf(`e${n}`), (START + ms) * 1_000);
}

test("a window is filled with all that may matter, and little more is read", async () => {
  const { told, window } = await filled(10 * HOUR, 51 * 50_000);
  expect(told).toEqual([
    [0, 1_200],
    [1_200, 1_200],
  ]);
  const last = 4_999 * 36_000;
  // Those of ten hours, and the two of the minute before them.
  expect(window.size).toBe(1_002);
  // At the time of the last event, that of ten hours before is just not known any more; the next one is.
  expect(knows(window, 4_000, last)).toBe(true);
  expect(knows(window, 3_999, last)).toBe(false);
});

test("a window of everything is filled range by range, and knows nothing beyond what is committed", async () => {
  const { told, window } = await filled(49 * 24 * HOUR, 45 * 50_000);
  expect(told.map(([done]) => done)).toEqual([0, 2_000, 4_000, 4_500]);
  expect(window.size).toBe(4_500);
  expect([0, 4_499, 4_500].map((n) => knows(window, n, 45 * HOUR))).toEqual([true, true, false]);
});

test("a lane of which nothing is committed has an empty window", async () => {
  const { told, window } = await filled(HOUR, 0);
  expect([told, window.size]).toEqual([[[0, 0]], 0]);
});

test("a filling that is told to stop ends with the reason", async () => {
  const stop = new AbortController();
  stop.abort(new Error("Enough."));
  await expect(
    fillWindow({
      clickhouse: pipeline.clickhouse,
      lane,
      window: new KeyWindow(HOUR, 7),
      committed: 5_000,
      decode: () => [],
      fetch: async () => Promise.resolve(undefined),
      signal: stop.signal,
      onProgress: () => {},
    }),
  ).rejects.toThrow("Enough.");
});
