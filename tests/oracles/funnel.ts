import type { Watermark } from "../../model/index.ts";
import { fieldValue, type FieldValue, type OracleEvent } from "./event.ts";
import { byEntity, percentile, selects, type OracleSelector } from "./selector.ts";

/** What to ask. Times are microseconds. */
export interface OracleFunnelRequest {
  readonly steps: readonly OracleSelector[];
  readonly window: number;
  readonly from: number;
  readonly to: number;
  readonly entity?: string;
  readonly by?: string;
  readonly asOf?: Watermark;
  /** Until when all is known. */
  readonly knownTo: number;
}

/** A step of a group: how many reached it, and [median, p90] of how long it took them, in microseconds. */
export interface OracleFunnelStep {
  readonly entities: number;
  readonly fromPrevious: readonly (number | null)[];
  readonly fromFirst: readonly (number | null)[];
}

/** The entities that entered with one value of `by`. */
export interface OracleFunnelGroup {
  readonly value: FieldValue;
  readonly open: number;
  readonly steps: readonly OracleFunnelStep[];
}

/** The answer to a funnel by docs/behaviour.md alone: one walk through the history of each entity. Groups in no order. */
export function oracleFunnel(events: readonly OracleEvent[], request: OracleFunnelRequest): OracleFunnelGroup[] {
  const groups = new Map<FieldValue, number[][]>();
  for (const history of byEntity(events, request.steps, request.entity ?? "subject", request.asOf).values()) {
    const reached = walk(history, request);
    if (!reached[0]) continue;
    const value = request.by === undefined ? null : fieldValue(reached[0], request.by, request.steps[0]!.definition);
    groups.set(value, [...(groups.get(value) ?? []), reached.map(({ time }) => time)]);
  }
  if (request.by === undefined && groups.size === 0) groups.set(null, []);
  return [...groups].map(([value, walks]) => ({
    value,
    open: walks.filter((times) => times.length < request.steps.length && times[0]! + request.window > request.knownTo).length,
    steps: request.steps.map((_, step) => stepOf(walks, step)),
  }));
}

/** The events with which an entity made its steps. */
function walk(history: readonly OracleEvent[], { steps, window, from, to }: OracleFunnelRequest): OracleEvent[] {
  const reached: OracleEvent[] = [];
  for (const event of history) {
    const step = steps[reached.length];
    if (!step || !selects(step, event)) continue;
    const entered = reached[0];
    if (entered ? event.time < entered.time + window : event.time >= from && event.time < to) reached.push(event);
  }
  return reached;
}

function stepOf(walks: readonly number[][], step: number): OracleFunnelStep {
  const there = walks.filter((times) => times.length > step);
  const since = (from: number): (number | null)[] => {
    const took = there.map((times) => times[step]! - times[from]!);
    return [percentile(took, 5), percentile(took, 9)];
  };
  if (step === 0) return { entities: there.length, fromPrevious: [null, null], fromFirst: [null, null] };
  return { entities: there.length, fromPrevious: since(step - 1), fromFirst: since(0) };
}
