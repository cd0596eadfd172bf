import type { DimensionValue } from "../../model/index.ts";
import type { BehaviourAnswer, BehaviourRequest } from "./behaviour-request.ts";
import type { EventSelector } from "./event-selector.ts";

/** How many entities go through steps in order, within a time; the definition stands in docs/behaviour.md. */
export interface FunnelRequest extends BehaviourRequest {
  /** From 2 to 12 steps, in order. */
  readonly steps: readonly EventSelector[];
  /** An entity has so long from its entrance to the last step, e.g. "7d". */
  readonly window: string;
  /** A field of the first step: one group for each of its values. */
  readonly by?: string;
}

/** How long entities took, in seconds: exact, of the values there are. */
export interface TimeToConvert {
  readonly median: number;
  readonly p90: number;
}

/** One step of one group. */
export interface FunnelStep {
  /** Counted from 1. */
  readonly step: number;
  /** As asked for, e.g. "order.placed where amount >= 10". */
  readonly event: string;
  /** How many reached it. */
  readonly entities: number;
  /** Shares of those that reached the first step, and the step before; null if there are none. The first step's are 1. */
  readonly ofFirst: number | null;
  readonly ofPrevious: number | null;
  /** Time since the step before, and since the first; null if nobody reached it, and for the first step. */
  readonly fromPrevious: TimeToConvert | null;
  readonly fromFirst: TimeToConvert | null;
}

/** The entities that entered with one value of `by`; all of them without it. */
export interface FunnelGroup {
  /** Field -> value; empty without `by`. */
  readonly group: Readonly<Record<string, DimensionValue>>;
  readonly steps: readonly FunnelStep[];
  /** Entities that did not reach the last step, and may yet. */
  readonly open: number;
}

/** The answer: groups by size, the largest first. */
export interface FunnelAnswer extends BehaviourAnswer {
  readonly window: string;
  readonly by: string | null;
  readonly groups: readonly FunnelGroup[];
}
