import { literal, type ClickHouse } from "../../clickhouse/index.ts";
import { replayLane, type LaneIntent, type Lanes } from "../../jetstream/index.ts";
import { storedStreams } from "../../model/index.ts";
import type { Workers } from "../rollups/batches-under-way.ts";

/** Where one stream's fence stands: what lies behind it is filled in from the events, what lies before it comes by the view. */
export interface LaneFence {
  readonly stream: string;
  readonly epoch: number;
  /** Last sequence that was declared or committed when the view was about to be made. */
  readonly last: number;
}

/** What a stream's checkpoints say at one moment. */
export interface LaneReading extends LaneFence {
  /** Where the ledger ends. */
  readonly committed: number;
  readonly generation: number;
  /** A batch that is declared and not in the ledger, of whichever epoch. */
  readonly underWay: (LaneIntent & { readonly epoch: number }) | undefined;
  /** Revision of the checkpoint that guards the stream's dead letters: it changes before a replay inserts anything. */
  readonly lettersRevision: number | undefined;
  /** Whether a replay of dead letters may be inserting, or broke off where it was. */
  readonly lettersUnderWay: boolean;
}

/**
 * Reads what workers and replays of dead letters have declared, of all streams that the project or the ledger knows. Every insert into `events` is declared
 * before it begins, so whatever is on its way at a moment is in a reading that begins after it.
 */
export async function readLanes(clickhouse: ClickHouse, { jetstream, project }: Workers): Promise<readonly LaneReading[]> {
  const lanes = await jetstream.lanes(clickhouse.database);
  const ends = await ledgerEnds(clickhouse);
  const streams = new Set([...storedStreams(project.streams).map(({ name }) => name), ...ends.map(({ stream }) => stream)]);
  return Promise.all(
    [...streams].sort().map((stream) =>
      readLane(
        lanes,
        stream,
        ends.filter((end) => end.stream === stream),
      ),
    ),
  );
}

async function readLane(lanes: Lanes, stream: string, ends: readonly LaneFence[]): Promise<LaneReading> {
  const [entry, letters] = await Promise.all([lanes.read(stream), lanes.read(replayLane(stream))]);
  const value = entry?.value;
  const epoch = Math.max(value?.epoch ?? 0, ...ends.map((end) => end.epoch));
  const declared = value && value.epoch === epoch ? (value.intent?.last ?? value.committed) : 0;
  const intent = value?.intent;
  const committed = Math.max(0, ...ends.filter((end) => end.epoch === epoch).map((end) => end.last));
  const isIn = ends.some((end) => end.epoch === value?.epoch && end.last >= (intent?.last ?? 0));
  return {
    stream,
    epoch,
    last: Math.max(declared, committed),
    committed,
    generation: value?.generation ?? 0,
    underWay: value && intent && !isIn ? { ...intent, epoch: value.epoch } : undefined,
    lettersRevision: letters?.revision,
    lettersUnderWay: letters?.value?.intent !== undefined,
  };
}

async function ledgerEnds(clickhouse: ClickHouse): Promise<LaneFence[]> {
  const rows = await clickhouse.rows<{ stream: string; epoch: string; last: string }>({
    name: "Ends of the ledger",
    sql: "SELECT stream, epoch, max(l.last) AS last FROM ingest_ledger AS l GROUP BY stream, epoch ORDER BY stream, epoch",
  });
  return rows.map(({ epoch, last, stream }) => ({ stream, epoch: Number(epoch), last: Number(last) }));
}

/**
 * Streams of which a worker declared a batch beyond the fence between two readings. Of all others every such batch begins after the second one.
 * @returns stream -> sequences that were declared since, at least 1
 */
export function lanesBeyond(fence: readonly LaneReading[], later: readonly LaneReading[]): ReadonlyMap<string, number> {
  const lanes = new Map(fence.map((lane) => [lane.stream, lane]));
  const beyond = new Map<string, number>();
  for (const { epoch, generation, last, stream } of later) {
    const lane = lanes.get(stream);
    const isSame = lane ? lane.epoch === epoch && lane.generation === generation : last === 0;
    if (!isSame) beyond.set(stream, 1);
    else if (lane && last > lane.last) beyond.set(stream, last - lane.last);
  }
  return beyond;
}

/** A fence that stands some sequences further on for some streams: batches that begin while the view is made lie behind it then. */
export function movedOn(lanes: readonly LaneReading[], by: ReadonlyMap<string, number>): readonly LaneReading[] {
  return lanes.map((lane) => ({ ...lane, last: lane.last + (by.get(lane.stream) ?? 0) }));
}

/** Whether no replay of dead letters can have inserted anything between two readings. */
export function areLettersStill(fence: readonly LaneReading[], later: readonly LaneReading[]): boolean {
  const lanes = new Map(fence.map((lane) => [lane.stream, lane]));
  return later.every(({ lettersRevision, lettersUnderWay, stream }) => {
    const lane = lanes.get(stream);
    return lane ? lettersRevision === lane.lettersRevision : !lettersUnderWay;
  });
}

/** The condition that leaves out the rows up to the fence that are on their way, or still to come; undefined = there are none. */
export function notUnderWaySql(fence: readonly LaneReading[]): string | undefined {
  const batches = fence.flatMap(({ committed, epoch, last, stream, underWay }) => [
    ...(last > committed ? [`(stream = ${literal(stream)} AND epoch = ${epoch} AND seq > ${committed} AND seq <= ${last})`] : []),
    ...(underWay
      ? [`(stream = ${literal(stream)} AND epoch = ${underWay.epoch} AND seq BETWEEN ${underWay.first} AND ${underWay.last})`]
      : []),
  ]);
  return batches.length === 0 ? undefined : `NOT (${batches.join(" OR ")})`;
}

/** The condition under which a row of `events` lies behind the fence. Streams that the fence does not name are behind it as a whole. */
export function behindFenceSql(fence: readonly LaneFence[]): string {
  const beyond = fence.map(
    ({ epoch, last, stream }) => `(stream = ${literal(stream)} AND (epoch > ${epoch} OR (epoch = ${epoch} AND seq > ${last})))`,
  );
  return beyond.length === 0 ? "true" : `NOT (${beyond.join(" OR ")})`;
}
