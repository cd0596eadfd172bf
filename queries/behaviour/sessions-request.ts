import type { BehaviourAnswer, BehaviourRequest } from "./behaviour-request.ts";
import type { EventSelector } from "./event-selector.ts";

/** How entities' events fall into sessions; the definition stands in docs/behaviour.md. */
export interface SessionsRequest extends BehaviourRequest {
  /** What belongs to sessions. Default: every event that the project declares. */
  readonly events?: readonly EventSelector[];
  /** A session ends where nothing happens for so long, e.g. "30m". */
  readonly gap: string;
}

/** How values are spread: exact. */
export interface Spread {
  readonly median: number;
  readonly p90: number;
  readonly max: number;
  readonly mean: number;
}

/** Sessions of one class: `from <= value < below`. */
export interface SpreadClass {
  readonly from: number;
  /** Null = no upper bound. */
  readonly below: number | null;
  readonly sessions: number;
}

/** The answer, about the sessions that begin in the range. */
export interface SessionsAnswer extends BehaviourAnswer {
  readonly events: readonly string[];
  readonly gap: string;
  readonly sessions: number;
  /** Entities that have at least one of them. */
  readonly entities: number;
  /** Events in them. */
  readonly eventCount: number;
  /** Sessions that may still go on. */
  readonly open: number;
  /** From the first event to the last, in seconds; null if there are no sessions. */
  readonly length: Spread | null;
  /** Events of a session; null if there are no sessions. */
  readonly depth: Spread | null;
  readonly lengths: readonly SpreadClass[];
  readonly depths: readonly SpreadClass[];
}
