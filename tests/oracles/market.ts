import type { OracleEvent } from "./event.ts";

/** One candle, from the definitions alone. Times in microseconds. */
export interface OracleCandle {
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  readonly trades: number;
  readonly volume: number;
  readonly vwap: number | null;
  readonly twap: number | null;
}

type Event = Pick<OracleEvent, "time" | "stream" | "seq" | "idx" | "data" | "type" | "subject" | "epoch" | "id">;

/** The order of time and then of the log. */
export function inOrder(a: Event, b: Event): number {
  const streams = a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0;
  return a.time - b.time || streams || a.epoch - b.epoch || a.seq - b.seq || a.idx - b.idx;
}

/** The candle of a bucket, cut to [start, end), of the events of one instrument and type. The mean over time is added up change by change. */
export function oracleCandle(events: readonly Event[], start: number, end: number, until: number): OracleCandle {
  const priced = events.filter(({ data }) => typeof (data as { price?: unknown }).price === "number").toSorted(inOrder);
  const priceOf = ({ data }: Event): number => (data as { price: number }).price;
  const sizeOf = ({ data }: Event): number => (typeof (data as { size?: unknown }).size === "number" ? (data as { size: number }).size : 0);
  const inside = priced.filter(({ time }) => time >= start && time < end);
  const prices = inside.map(priceOf);
  const volume = inside.reduce((sum, event) => sum + sizeOf(event), 0);
  const stop = Math.min(end, until);
  let [area, known] = [0, 0];
  for (const [index, event] of priced.entries()) {
    const from = Math.max(start, Math.min(event.time, stop));
    const to = Math.max(start, Math.min(priced[index + 1]?.time ?? Infinity, stop));
    area += priceOf(event) * Math.max(0, to - from);
    known += Math.max(0, to - from);
  }
  return {
    open: prices[0] ?? null,
    high: prices.length === 0 ? null : Math.max(...prices),
    low: prices.length === 0 ? null : Math.min(...prices),
    close: prices.at(-1) ?? null,
    trades: inside.length,
    volume,
    vwap: volume === 0 ? null : inside.reduce((sum, event) => sum + priceOf(event) * sizeOf(event), 0) / volume,
    twap: known === 0 ? null : area / known,
  };
}

/** For each event of one type in [from, to) the last of another type and the same subject before it; undefined = none. */
export function oracleAsOf(events: readonly Event[], type: string, lookUp: string, from: number, to: number): [Event, Event | undefined][] {
  const sorted = events.toSorted(inOrder);
  return sorted.flatMap((event, index): [Event, Event | undefined][] => {
    if (event.type !== type || event.time < from || event.time >= to) return [];
    return [[event, sorted.slice(0, index).findLast((other) => other.type === lookUp && other.subject === event.subject)]];
  });
}
