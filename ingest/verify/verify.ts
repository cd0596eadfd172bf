import type { ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream, LaneValue } from "../../jetstream/index.ts";
import { storedStreams, type Project } from "../../model/index.ts";
import { addLogChecks, type LogCheck } from "./check-log.ts";
import type { LedgerProblem } from "./finding.ts";
import { readLanes, type KnownLane } from "./read-ledger.ts";
import { verifyLane, type LaneReport, type LaneToVerify } from "./verify-lane.ts";

/** What to verify, and whom to tell how far it is. */
export interface VerifyOptions {
  readonly clickhouse: ClickHouse;
  /** With both of these, the ledger is compared with the lanes' checkpoints too: only they know whether its last rows are gone. */
  readonly project?: Project;
  readonly jetstream?: JetStream;
  /** This stream alone. */
  readonly stream?: string;
  /** Reads the log again (needs `jetstream`) and compares it with the digests in the ledger: of the batches that touch these sequences, both ends included; all unless said. */
  readonly deep?: { readonly from?: number; readonly to?: number };
  /** Stops reading the log. */
  readonly signal?: AbortSignal;
  /** Called with the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Whether every message of the log, up to what is committed, is accounted for. Sums over the lanes; see {@link LaneReport}. */
export interface VerifyReport extends Omit<LaneReport, "stream" | "epoch" | "committed" | "problems"> {
  readonly ok: boolean;
  /** Whether the ledger was compared with the checkpoints in NATS. */
  readonly compared: boolean;
  readonly lanes: readonly LaneReport[];
}

/**
 * Proves the invariant of ingest from ledger and tables: received = inserted + dead-lettered + duplicates, the ranges follow one another from the first sequence to the last committed,
 * the tables hold for each range exactly the rows that the ledger counts and replays of dead letters have added, each once, and no others but those of a batch under way. With `deep`,
 * that the log still holds what was read, too.
 * @throws Error if `deep` is asked for without `jetstream`; whatever ClickHouse or NATS throw
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { clickhouse, deep, jetstream, project, stream } = options;
  if (deep && !jetstream) throw new Error("The log can only be read with a connection to NATS: give verify one.");
  const checkpoints = project && jetstream ? await jetstream.lanes(clickhouse.database) : undefined;
  const readCheckpoint = async (lane: string): Promise<LaneValue | undefined> => (await checkpoints?.read(lane))?.value;
  const streams = storedStreams(project?.streams ?? [])
    .map(({ name }) => name)
    .filter((name) => stream === undefined || name === stream);
  const known = await lanesToVerify(await readLanes(clickhouse, stream), streams, readCheckpoint);
  const onProgress = progressOver(known, options);
  const lanes: LaneReport[] = [];
  for (const { epoch, stream: name } of known) {
    const isNewest = known.every((other) => other.stream !== name || other.epoch <= epoch);
    const lane = { stream: name, epoch };
    lanes.push(
      await verifyLane({
        clickhouse,
        lane,
        isNewest,
        readCheckpoint: () => readCheckpoint(name),
        log: logReading(options, onProgress),
        onProgress,
      }),
    );
  }
  return { ok: lanes.every((lane) => lane.problems.length === 0), compared: checkpoints !== undefined, ...sums(lanes), lanes };
}

function logReading({ deep, jetstream, signal }: VerifyOptions, onMessages: (count: number) => void): LaneToVerify["log"] {
  if (!deep || !jetstream) return undefined;
  return { jetstream, signal: signal ?? new AbortController().signal, onMessages, from: deep.from ?? 0, to: deep.to ?? Infinity };
}

/** Tells the share of batches, and of messages where they are read again, that are done. */
function progressOver(known: readonly KnownLane[], { deep, onProgress }: VerifyOptions): (count: number) => void {
  const total = known.reduce((sum, { batches, messages }) => sum + batches + (deep ? messages : 0), 0);
  let done = 0;
  return (count) => {
    done += count;
    onProgress?.(Math.min(1, done / total));
  };
}

/** The lanes of the tables, and those of which only a checkpoint tells: all that ClickHouse had of them is gone. */
async function lanesToVerify(
  inTables: readonly KnownLane[],
  streams: readonly string[],
  readCheckpoint: (stream: string) => Promise<LaneValue | undefined>,
): Promise<KnownLane[]> {
  const lanes = [...inTables];
  for (const stream of streams) {
    const { committed = 0, epoch = 0 } = (await readCheckpoint(stream)) ?? {};
    const isKnown = lanes.some((lane) => lane.stream === stream && lane.epoch === epoch);
    if (committed > 0 && !isKnown) lanes.push({ stream, epoch, batches: 0, messages: 0 });
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
    openLetters: total((lane) => lane.openLetters),
    replayedLetters: total((lane) => lane.replayedLetters),
    discardedLetters: total((lane) => lane.discardedLetters),
    missing: total((lane) => lane.missing),
    doubled: total((lane) => lane.doubled),
    uncounted: total((lane) => lane.uncounted),
    pending: total((lane) => lane.pending),
    changed: total((lane) => lane.changed),
    log: lanes.reduce<LogCheck | null>((sum, { log }) => (sum && log ? addLogChecks(sum, log) : log), null),
    firstBad: lanes.reduce<LedgerProblem | null>((first, lane) => first ?? lane.firstBad, null),
  };
}
