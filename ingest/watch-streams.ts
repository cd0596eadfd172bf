import type { JetStream } from "../jetstream/index.ts";
import type { LaneMonitor } from "./lane/lane-monitor.ts";

const LOOK_MS = 5_000;

/** Looks every 5 s where the streams of claimed lanes end, also while reading is paused by an outage of ClickHouse: then lag must be seen to grow. @returns ends it */
export function watchStreams(jetstream: JetStream, monitors: readonly LaneMonitor[]): () => void {
  const asked = new Set<LaneMonitor>();
  const look = async (monitor: LaneMonitor): Promise<void> => {
    const askedAt = performance.now();
    asked.add(monitor);
    try {
      monitor.looked(await jetstream.streamState(monitor.stream), askedAt);
    } catch {
      // JetStream did not answer: what is known grows old, and is then unknown.
    } finally {
      asked.delete(monitor);
    }
  };
  const timer = setInterval(() => {
    for (const monitor of monitors) if (monitor.isOurs && !asked.has(monitor)) void look(monitor);
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
