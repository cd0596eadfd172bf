import { connectClickHouse } from "../../clickhouse/index.ts";
import { fillWindow } from "../../ingest/deduplicate/fill-window.ts";
import { KeyWindow } from "../../ingest/deduplicate/key-window.ts";
import { benchId, benchStoredAt, SOURCE, STEP_MICROS } from "./bench-key.ts";
import { MapWindow } from "./map-window.ts";

/** What a measured process says of itself. */
export interface WindowReport {
  /** Growth of resident memory, bytes. */
  readonly bytes: number;
  /** Nanoseconds for a key that is new while the window grows, for one that is known, and for one that is new while another expires. */
  readonly newNs: number;
  readonly knownNs: number;
  readonly steadyNs: number;
  /** Longest time in which 1,000 keys were done, milliseconds. */
  readonly longestMs: number;
}

/** How long it took to fill a window from ClickHouse. */
export interface FillReport {
  readonly seconds: number;
  readonly size: number;
}

const SLICE = 1_000;

/** One of the things compared, in a process of its own. Started by main.ts with: window|map|fill, keys, ClickHouse url, database. */
const [task, keysText, clickhouseUrl = "", database = ""] = process.argv.slice(2);
const keys = Number(keysText);
const withinMs = (keys * STEP_MICROS) / 1_000;

function measure(): WindowReport {
  const window = task === "map" ? new MapWindow(withinMs) : new KeyWindow(withinMs, 1);
  let longest = 0;
  /** Feeds keys from `first` on, each at its store time or all at one, and checks that all are told alike. @returns nanoseconds a key */
  const feed = (first: number, count: number, isNew: boolean, at?: number): number => {
    const started = performance.now();
    for (let from = first; from < first + count; from += SLICE) {
      const slice = performance.now();
      for (let n = from; n < Math.min(from + SLICE, first + count); n += 1) {
        if (window.accept(SOURCE, benchId(n), at ?? benchStoredAt(n)) !== isNew) throw new Error(`Key ${n} was told wrongly.`);
      }
      longest = Math.max(longest, performance.now() - slice);
    }
    return ((performance.now() - started) * 1e6) / count;
  };
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const newNs = feed(0, keys, true);
  globalThis.gc?.();
  const bytes = process.memoryUsage().rss - before;
  const knownNs = feed(0, keys, false, benchStoredAt(keys - 1));
  const steadyNs = feed(keys, Math.ceil(keys / 5), true);
  return { bytes, newNs, knownNs, steadyNs, longestMs: longest };
}

async function fill(): Promise<FillReport> {
  const clickhouse = connectClickHouse({ url: clickhouseUrl, database });
  const window = new KeyWindow(withinMs, 1);
  const started = performance.now();
  await fillWindow({
    clickhouse,
    lane: { stream: "BENCH", epoch: 1 },
    window,
    committed: keys,
    decode: () => [],
    fetch: async () => Promise.resolve(undefined),
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const seconds = (performance.now() - started) / 1_000;
  await clickhouse.close();
  return { seconds, size: window.size };
}

process.send?.(task === "fill" ? await fill() : measure());
