import type { ClickHouse } from "../clickhouse/index.ts";
import type { Present, Project, Watermark } from "../model/index.ts";
import { resolveAsOf, type AsOf } from "./as-of.ts";
import { resolveMoment } from "./resolve-moment.ts";
import { readIngestedUntil, readLogState } from "./watermark.ts";

/** The parts of a request that say what of the log counts. */
export interface SnapshotRequest {
  readonly asOf?: AsOf;
  readonly ingestedUntil?: Date;
}

/** What the log is taken to hold while a question is answered. */
export interface Snapshot {
  /** The position asked for, or what is ingested now. */
  readonly watermark: Watermark;
  /** Until when all is known: the present, or what is ingested if that is less; microseconds since 1970, -Infinity if nobody knows. */
  readonly knownTo: number;
}

/**
 * Fixes what counts, before any event is read: what the watermark promises to be counted is there then.
 * @throws QueryError if `asOf` names a stream that nobody knows
 */
export async function takeSnapshot(
  clickhouse: ClickHouse,
  project: Project,
  { asOf, ingestedUntil }: SnapshotRequest,
  present: Present,
): Promise<Snapshot> {
  const until = ingestedUntil && resolveMoment(ingestedUntil, "ingestedUntil", present);
  const position = asOf === undefined ? undefined : await resolveAsOf(clickhouse, project, asOf, present);
  const state = position
    ? { watermark: position, ingestedUntil: await readIngestedUntil(clickhouse, project.streams, position) }
    : await readLogState(clickhouse, project.streams);
  return { watermark: state.watermark, knownTo: Math.min(present.now, until ?? state.ingestedUntil ?? -Infinity) };
}
