import type { ClickHouse } from "../clickhouse/index.ts";
import type { JetStream } from "../jetstream/index.ts";
import type { Project } from "../model/index.ts";
import type { LaneMonitor } from "./lane/lane-monitor.ts";
import type { LaneState } from "./metrics.ts";

/** Whether a worker can do its work now, as `/readyz` shows it: it asks both servers, where `/healthz` tells what the worker knows. */
export interface ReadinessReport {
  readonly ok: boolean;
  /** JetStream's own API: a nats-server whose disk is full still answers everything else. */
  readonly jetstream: "answers" | "silent";
  readonly clickhouse: "answers" | "silent";
  readonly lanes: readonly { readonly stream: string; readonly state: LaneState; readonly ok: boolean }[];
}

/** What readiness is told from. */
export interface ReadinessOptions {
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  readonly project: Project;
  readonly monitors: readonly LaneMonitor[];
}

/** Probes wait a second or a few; what answers later is of no use to them. */
const PATIENCE_MS = 2_000;

/** A lane that is claimed, being claimed, or another worker's; one that is slowed down or tries again is at work as long as both servers answer. */
const READY: ReadonlySet<LaneState> = new Set(["claiming", "recovering", "running", "slowed", "retrying"]);

/** Asks NATS and ClickHouse whether they answer, and says whether every lane is read or waits for its turn. Never rejects. */
export async function readinessOf({ clickhouse, jetstream, monitors, project }: ReadinessOptions): Promise<ReadinessReport> {
  const [jetStreamAnswers, clickhouseAnswers] = await Promise.all([
    inTime(jetstream.isConnected() ? jetstream.streamState(project.streams[0]?.name ?? "") : Promise.reject(new Error("not connected"))),
    inTime(clickhouse.rows({ name: "Ready", sql: "SELECT 1", signal: AbortSignal.timeout(PATIENCE_MS) })),
  ]);
  const lanes = monitors.map(({ isStalled, state, stream }) => ({ stream, state, ok: READY.has(state) && !isStalled }));
  return {
    ok: jetStreamAnswers && clickhouseAnswers && lanes.every((lane) => lane.ok),
    jetstream: jetStreamAnswers ? "answers" : "silent",
    clickhouse: clickhouseAnswers ? "answers" : "silent",
    lanes,
  };
}

async function inTime(answer: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS);
  });
  try {
    return await Promise.race([
      answer.then(
        () => true,
        () => false,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
