import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream, LaneValue } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { readLanes, type KnownLane } from "./read-ledger.ts";
import { verifyLane, type LaneReport } from "./verify-lane.ts";

/** What to verify, and whom to tell how far it is. */
export interface VerifyOptions {
  readonly clickhouse: ClickHouse;
  /** With both of these, the ledger is compared with the lanes' checkpoints too: only they know whether its last rows are gone. */
  readonly project?: Project;
  readonly jetstream?: JetStream;
  /** Called with the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Whether every message of the log, up to what is committed, is accounted for. */
export interface VerifyReport {
  readonly ok: boolean;
  /** Whether the ledger was compared with the checkpoints in NATS. */
  readonly compared: boolean;
  readonly received: number;
  readonly inserted: number;
  readonly deadLettered: number;
  readonly duplicates: number;
  readonly deletedBeforeRead: number;
  readonly leftOut: number;
  readonly missing: number;
  readonly doubled: number;
  readonly uncounted: number;
  readonly pending: number;
  readonly changed: number;
  readonly lanes: readonly LaneReport[];
}

/**
 * Proves the invariant of ingest from ledger and tables: received = inserted + dead-lettered + duplicates, the ranges follow one another from the first sequence to the last committed,
 * the tables hold for each range exactly the rows that the ledger counts, each once, and no others but those of a batch under way.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { clickhouse, jetstream, project } = options;
  const checkpoints = project && jetstream ? await jetstream.lanes(clickhouse.database) : undefined;
  const readCheckpoint = async (stream: string): Promise<LaneValue | undefined> => (await checkpoints?.read(stream))?.value;
  const known = await lanesToVerify(await readLanes(clickhouse), project, readCheckpoint);
  const batches = known.reduce((sum, lane) => sum + lane.batches, 0);
  let done = 0;
  const onProgress = (count: number): void => {
    done += count;
    options.onProgress?.(Math.min(1, done / batches));
  };
  const lanes: LaneReport[] = [];
  for (const { epoch, stream } of known) {
    const isNewest = known.every((other) => other.stream !== stream || other.epoch <= epoch);
    lanes.push(
      await verifyLane({ clickhouse, lane: { stream, epoch }, isNewest, readCheckpoint: () => readCheckpoint(stream), onProgress }),
    );
  }
  return { ok: lanes.every((lane) => lane.problems.length === 0), compared: checkpoints !== undefined, ...sums(lanes), lanes };
}

/** The lanes of the tables, and those of which only a checkpoint tells: all that ClickHouse had of them is gone. */
async function lanesToVerify(
  inTables: readonly KnownLane[],
  project: Project | undefined,
  readCheckpoint: (stream: string) => Promise<LaneValue | undefined>,
): Promise<KnownLane[]> {
  const lanes = [...inTables];
  for (const { name: stream } of project?.streams ?? []) {
    const { committed = 0, epoch = 0 } = (await readCheckpoint(stream)) ?? {};
    if (committed > 0 && !lanes.some((lane) => lane.stream === stream && lane.epoch === epoch)) lanes.push({ stream, epoch, batches: 0 });
  }
  return lanes;
}

function sums(lanes: readonly LaneReport[]): Omit<VerifyReport, "ok" | "compared" | "lanes"> {
  const total = (pick: (lane: LaneReport) => number): number => lanes.reduce((sum, lane) => sum + pick(lane), 0);
  return {
    received: total((lane) => lane.received),
    inserted: total((lane) => lane.inserted),
    deadLettered: total((lane) => lane.deadLettered),
    duplicates: total((lane) => lane.duplicates),
    deletedBeforeRead: total((lane) => lane.deletedBeforeRead),
    leftOut: total((lane) => lane.leftOut),
    missing: total((lane) => lane.missing),
    doubled: total((lane) => lane.doubled),
    uncounted: total((lane) => lane.uncounted),
    pending: total((lane) => lane.pending),
    changed: total((lane) => lane.changed),
  };
}
