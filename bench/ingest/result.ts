import type { BenchOptions } from "./command-line.ts";
import type { OutageReport } from "./live-phase.ts";
import type { Measured } from "./run-child.ts";

/** Everything that was measured. */
export interface Measurements {
  readonly options: BenchOptions;
  readonly publishSeconds: number;
  readonly drain: Measured;
  readonly reading: Measured;
  readonly ingest: Measured;
  readonly naive: Measured;
  readonly naiveMessages: number;
  readonly freshnessP95Ms: number;
  readonly outage: OutageReport | undefined;
}

/** What the benchmark tells; rates are events a second. */
export interface BenchResult {
  readonly events: number;
  readonly eventBytes: number;
  readonly publishPerSecond: number;
  /** With the NATS client's own consumer. */
  readonly drainPerSecond: number;
  /** With the reader that ingest uses. */
  readonly readerPerSecond: number;
  readonly eventsPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Whole pipeline / bare drain. */
  readonly ratio: number;
  /** Whole pipeline / reader. */
  readonly readerRatio: number;
  readonly naivePerSecond: number;
  readonly timesNaive: number;
  readonly cpuMicrosPerEvent: Readonly<Record<"worker" | "nats" | "clickhouse", number | undefined>>;
  readonly workerPeakMb: number;
  readonly freshnessP95Ms: number;
  readonly outage?: OutageReport;
}

/** Works the result out. */
export function resultOf({
  drain,
  freshnessP95Ms,
  ingest,
  naive,
  naiveMessages,
  options,
  outage,
  publishSeconds,
  reading,
}: Measurements): BenchResult {
  const { bytes, events } = options;
  const eventsPerSecond = events / ingest.seconds;
  const drainPerSecond = events / drain.seconds;
  const readerPerSecond = events / reading.seconds;
  const naivePerSecond = naiveMessages / naive.seconds;
  const perEvent = (micros: number | undefined): number | undefined => (micros === undefined ? undefined : round(micros / events, 2));
  return {
    events,
    eventBytes: bytes,
    publishPerSecond: Math.round(events / publishSeconds),
    drainPerSecond: Math.round(drainPerSecond),
    readerPerSecond: Math.round(readerPerSecond),
    eventsPerSecond: Math.round(eventsPerSecond),
    megabytesPerSecond: round((eventsPerSecond * bytes) / 1_000_000, 1),
    ratio: round(eventsPerSecond / drainPerSecond, 3),
    readerRatio: round(eventsPerSecond / readerPerSecond, 3),
    naivePerSecond: Math.round(naivePerSecond),
    timesNaive: round(eventsPerSecond / naivePerSecond, 2),
    cpuMicrosPerEvent: {
      worker: perEvent(ingest.cpuMicros),
      nats: perEvent(ingest.serverCpu.nats),
      clickhouse: perEvent(ingest.serverCpu.clickhouse),
    },
    workerPeakMb: Math.round(ingest.peakMb),
    freshnessP95Ms,
    ...(outage ? { outage } : {}),
  };
}

function round(value: number, places: number): number {
  return Number(value.toFixed(places));
}

function rate(value: number): string {
  return `${value.toLocaleString("en")} events/s`;
}

/** The result for reading. */
export function resultText(result: BenchResult): string {
  const micros = Object.entries(result.cpuMicrosPerEvent).map(([name, value]) => `${name} ${value ?? "unknown"}`);
  const lines = [
    `bare drain      ${rate(result.drainPerSecond)}`,
    `our reader      ${rate(result.readerPerSecond)}`,
    `whole pipeline  ${rate(result.eventsPerSecond)}, ${result.megabytesPerSecond} MB/s   (ratio ${result.ratio} to the drain, ${result.readerRatio} to the reader)`,
    `naive writer    ${rate(result.naivePerSecond)}   (the pipeline does ${result.timesNaive} times as many)`,
    `CPU µs/event    ${micros.join(", ")}`,
    `worker memory   ${result.workerPeakMb} MiB at its peak`,
    `freshness       95 % of events queryable within ${result.freshnessP95Ms} ms, at 10,000 a second`,
  ];
  if (result.outage) {
    const { catchUpSeconds, partsAfter, partsBefore, workerPeakMb } = result.outage;
    lines.push(
      `outage          a minute without ClickHouse: ${workerPeakMb} MiB at the peak, caught up ${catchUpSeconds} s after it came back, parts ${partsBefore} before and ${partsAfter} after`,
    );
  }
  return lines.join("\n");
}
