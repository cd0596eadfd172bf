import type { Watermark } from "../../model/index.ts";
import type { OracleEvent } from "./event.ts";
import { byEntity, percentile, type OracleSelector } from "./selector.ts";

/** What to ask. Times are microseconds. */
export interface OracleSessionsRequest {
  readonly events: readonly OracleSelector[];
  readonly gap: number;
  readonly from: number;
  readonly to: number;
  readonly entity?: string;
  readonly asOf?: Watermark;
  /** Until when all is known. */
  readonly knownTo: number;
}

/** The sessions that began in the range; lengths in microseconds, [median, p90, greatest]. */
export interface OracleSessions {
  readonly sessions: number;
  readonly entities: number;
  readonly events: number;
  readonly open: number;
  readonly length: readonly (number | null)[];
  readonly depth: readonly (number | null)[];
  /** Sessions by class, in the order of docs/behaviour.md. */
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
}

const SECOND = 1_000_000;
const LENGTHS = [10, 30, 60, 180, 600, 1_800, 3_600, 10_800].map((seconds) => seconds * SECOND);
/** First depth of each class after the first. */
const DEPTHS = [2, 3, 6, 11, 21, 51];

/** The answer to a sessions question by docs/behaviour.md alone: the whole history of an entity is cut first, then those that begin in the range are kept. */
export function oracleSessions(events: readonly OracleEvent[], request: OracleSessionsRequest): OracleSessions {
  const kept: OracleEvent[][] = [];
  let entities = 0;
  for (const history of byEntity(events, request.events, request.entity ?? "subject", request.asOf).values()) {
    const inside = cut(history, request.gap).filter(([first]) => first!.time >= request.from && first!.time < request.to);
    kept.push(...inside);
    if (inside.length > 0) entities += 1;
  }
  const lengths = kept.map((session) => session.at(-1)!.time - session[0]!.time);
  const depths = kept.map((session) => session.length);
  return {
    sessions: kept.length,
    entities,
    events: depths.reduce((total, depth) => total + depth, 0),
    open: kept.filter((session) => session.at(-1)!.time + request.gap > request.knownTo).length,
    length: [percentile(lengths, 5), percentile(lengths, 9), percentile(lengths, 10)],
    depth: [percentile(depths, 5), percentile(depths, 9), percentile(depths, 10)],
    lengths: classes(lengths, LENGTHS),
    depths: classes(depths, DEPTHS),
  };
}

/** Cuts an entity's events, in order, wherever the next one comes a gap or more after the one before. */
export function cut(history: readonly OracleEvent[], gap: number): OracleEvent[][] {
  const sessions: OracleEvent[][] = [];
  for (const event of history) {
    const last = sessions.at(-1)?.at(-1);
    if (last && event.time < last.time + gap) sessions.at(-1)?.push(event);
    else sessions.push([event]);
  }
  return sessions;
}

function classes(values: readonly number[], bounds: readonly number[]): number[] {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  for (const value of values) counts[bounds.filter((bound) => value >= bound).length]! += 1;
  return counts;
}
