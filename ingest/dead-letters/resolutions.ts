import type { LaneIdentity } from "../batch/rows.ts";

/** A row of `dead_letter_resolutions`: one step that was taken about one dead letter. */
export interface Resolution {
  readonly stream: string;
  /** Microseconds since 1970. */
  readonly epoch: number;
  readonly seq: number;
  readonly idx: number;
  /**
   * - `declared`: a replay is about to insert rows of `events` in its place;
   * - `replayed`: they are in;
   * - `released`: they did not go in, and the letter is as open as before;
   * - `discarded`: somebody decided to do without it.
   */
  readonly resolution: "declared" | "replayed" | "released" | "discarded";
  /** Rows of `events` in its place, from `idx` on: several if it stood for a whole message. */
  readonly event_rows: number;
  /** Token of the replay's insert, or an id of the command that discarded it. */
  readonly batch: string;
  readonly reason: string;
  readonly code: string;
  readonly worker: string;
  /** Microseconds since 1970. */
  readonly resolved_at: number;
}

/** Columns that {@link encodeResolutions} writes. */
export const RESOLUTION_COLUMNS: readonly (keyof Resolution)[] = [
  "stream",
  "epoch",
  "seq",
  "idx",
  "resolution",
  "event_rows",
  "batch",
  "reason",
  "code",
  "worker",
  "resolved_at",
];

/** Rows as JSONEachRow: a whole number in DateTime64(6) is a count of microseconds. */
export function encodeResolutions(rows: readonly Resolution[]): Buffer {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

/** The condition under which a row of a table belongs to a lane; binds what {@link laneParams} gives. */
export const OF_LANE = "stream = {stream:String} AND epoch = {epoch:UInt64}";

/** Bound values of {@link OF_LANE}. */
export function laneParams(lane: LaneIdentity): Record<string, string> {
  return { stream: lane.stream, epoch: String(lane.epoch) };
}
