import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StreamState } from "../../jetstream/index.ts";
import { logMessage } from "../batch/log-message.test-support.ts";
import { healthOf } from "../health.ts";
import { createIngestMetrics, type IngestMetrics } from "../metrics.ts";
import { LaneMonitor } from "./lane-monitor.ts";

const NOW = Date.UTC(2026, 10, 27);
const state = (lastSeq: number, epoch = 7): StreamState => ({ name: "SHOP", epoch, firstSeq: 1, lastSeq, messages: lastSeq, bytes: 0 });
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let connected = true;
const SHOP = { stream: "SHOP", isConnected: () => connected, stalledMs: 61_000 };
let metrics: IngestMetrics;
let monitor: LaneMonitor;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date", "performance"] });
  connected = true;
  metrics = createIngestMetrics();
  monitor = new LaneMonitor({ ...SHOP, metrics, logger: quiet });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Both gauges as a scrape finds them. */
async function scrape(): Promise<[number | undefined, number | undefined]> {
  const [messages, seconds] = [await metrics.lagMessages.get(), await metrics.lagSeconds.get()];
  return [messages.values[0]?.value, seconds.values[0]?.value];
}

function claim(committed: number, lastSeq: number): void {
  monitor.claimed(committed, lastSeq);
  monitor.setState("running");
}

function isHealthy(): boolean {
  return healthOf({ isConnected: () => connected }, [monitor]).ok;
}

describe("the lag of a lane", () => {
  it("is unknown before the lane is claimed, and after it is lost", async () => {
    expect(await scrape()).toStrictEqual([Number.NaN, Number.NaN]);
    claim(10, 10);
    expect(await scrape()).toStrictEqual([0, 0]);
    monitor.lagUnknown();
    expect(await scrape()).toStrictEqual([Number.NaN, Number.NaN]);
    claim(10, 10);
    monitor.setState("stream-missing");
    expect(await scrape()).toStrictEqual([Number.NaN, Number.NaN]);
  });

  it("grows from scrape to scrape while nothing is read or committed, as in an outage of ClickHouse", async () => {
    claim(0, 1);
    monitor.read(logMessage({ seq: 1, storedAt: (NOW - 2_000) * 1_000 }));
    monitor.setState("retrying");
    expect(await scrape()).toStrictEqual([1, 2]);
    vi.advanceTimersByTime(10_000);
    monitor.looked(state(501), performance.now());
    vi.advanceTimersByTime(3_000);
    expect(await scrape()).toStrictEqual([501, 15]);
  });

  it("is unknown while the connection is down, when the stream has not told for long, and when it is another", async () => {
    claim(5, 5);
    connected = false;
    expect(await scrape()).toStrictEqual([Number.NaN, Number.NaN]);
    connected = true;
    expect(await scrape()).toStrictEqual([0, 0]);
    vi.advanceTimersByTime(16_000);
    expect(await scrape()).toStrictEqual([Number.NaN, Number.NaN]);
    monitor.looked(state(5), performance.now());
    expect(await scrape()).toStrictEqual([0, 0]);
    monitor.looked(state(6, 8), performance.now());
    expect(await scrape()).toStrictEqual([Number.NaN, Number.NaN]);
    monitor.looked(undefined, performance.now());
    expect(await scrape()).toStrictEqual([Number.NaN, Number.NaN]);
  });

  it("does not shrink by the older word of a message that was held back", async () => {
    claim(0, 3);
    monitor.looked(state(900), performance.now());
    monitor.read(logMessage({ seq: 1, pending: 2, storedAt: NOW * 1_000 }));
    expect((await scrape())[0]).toBe(900);
  });
});

describe("the health of a lane", () => {
  it("fails when it says that it runs, has lag, and has not moved for a minute and the age of a batch", async () => {
    claim(0, 3);
    vi.advanceTimersByTime(60_000);
    monitor.looked(state(3), performance.now());
    expect(isHealthy()).toBe(true);
    expect(monitor.report).toEqual({ state: "running" });
    vi.advanceTimersByTime(1_001);
    expect(isHealthy()).toBe(false);
    expect((await metrics.stalled.get()).values[0]?.value).toBe(1);
    expect(monitor.report).toEqual({ state: "running", reason: "messages wait, and nothing has moved for 61 s" });
    monitor.read(logMessage({ seq: 1, pending: 2 }));
    expect(isHealthy()).toBe(true);
  });

  it("is fine however long nothing moves, as long as nothing is to be done", () => {
    claim(3, 3);
    vi.advanceTimersByTime(3_600_000);
    monitor.looked(state(3), performance.now());
    expect(isHealthy()).toBe(true);
    monitor.lagUnknown();
    monitor.setState("claiming");
    vi.advanceTimersByTime(3_600_000);
    expect(isHealthy()).toBe(true);
  });
});

describe("the log of a lane", () => {
  it("says why a stream cannot be read: at first, then every tenth time; and tells it while it lasts", () => {
    const lines: string[] = [];
    const loud = new LaneMonitor({ ...SHOP, metrics, logger: { ...quiet, warn: (_fields, line) => lines.push(line) } });
    const error = new Error("maximum consumers limit reached");
    for (let attempt = 1; attempt <= 25; attempt += 1) loud.readerStatus({ type: "opening-failed", error, attempt });
    expect(lines).toStrictEqual(Array(3).fill("cannot read stream SHOP: maximum consumers limit reached"));
    expect(loud.report.reason).toBe(lines[0]);
    loud.readerStatus({ type: "opened", remaining: 0 });
    expect(loud.report.reason).toBeUndefined();
  });
});
