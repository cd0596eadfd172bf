import type { JetStream } from "../jetstream/index.ts";
import type { LaneMonitor } from "./lane/lane-monitor.ts";
import type { LaneState } from "./metrics.ts";

/** Whether a worker does its work, as `/healthz` shows it. */
export interface HealthReport {
  readonly ok: boolean;
  readonly nats: "connected" | "disconnected";
  readonly lanes: readonly { readonly stream: string; readonly state: LaneState; readonly stalled: boolean; readonly ok: boolean }[];
}

/** States in which a lane makes progress, or has none to make. Waiting for another worker's lane is health, not sickness. */
const HEALTHY: ReadonlySet<LaneState> = new Set(["claiming", "recovering", "running"]);

/**
 * Health of a worker: it is sick while NATS is away, or a lane retries, is slowed down, paused, has no stream, or stands still though messages wait.
 */
export function healthOf(jetstream: Pick<JetStream, "isConnected">, monitors: readonly LaneMonitor[]): HealthReport {
  const lanes = monitors.map((monitor) => {
    const { isStalled: stalled, state, stream } = monitor;
    return { stream, state, stalled, ok: HEALTHY.has(state) && !stalled };
  });
  const connected = jetstream.isConnected();
  return { ok: connected && lanes.every((lane) => lane.ok), nats: connected ? "connected" : "disconnected", lanes };
}
