import type { Watermark } from "../../model/index.ts";
import type { OracleEvent } from "./event.ts";
import { byEntity, type OracleSelector } from "./selector.ts";
import { cut } from "./sessions.ts";

/** What to ask. Times are microseconds. */
export interface OraclePathsRequest {
  readonly events: readonly OracleSelector[];
  readonly length: number;
  readonly gap?: number;
  readonly collapse?: boolean;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly from: number;
  readonly to: number;
  readonly entity?: string;
  readonly asOf?: Watermark;
}

/** A path, how often it occurs, and in how many entities. */
export interface OraclePath {
  readonly path: readonly string[];
  readonly count: number;
  readonly entities: number;
}

/** The answer to a paths question by docs/behaviour.md alone: every window of n events of everybody's history. In no order. */
export function oraclePaths(events: readonly OracleEvent[], request: OraclePathsRequest): OraclePath[] {
  const { length, gap, startAt, endAt } = request;
  const found = new Map<string, { count: number; entities: Set<unknown> }>();
  for (const [who, history] of byEntity(events, request.events, request.entity ?? "subject", request.asOf)) {
    const inside = history.filter(({ time }) => time >= request.from && time < request.to);
    for (const session of gap === undefined ? [inside] : cut(inside, gap)) {
      const types = session.map(({ type }) => type);
      const steps = request.collapse === true ? types.filter((type, index) => type !== types[index - 1]) : types;
      for (let first = 0; first + length <= steps.length; first += 1) {
        const path = steps.slice(first, first + length);
        if ((startAt !== undefined && path[0] !== startAt) || (endAt !== undefined && path.at(-1) !== endAt)) continue;
        const known = found.get(JSON.stringify(path)) ?? { count: 0, entities: new Set() };
        found.set(JSON.stringify(path), { count: known.count + 1, entities: known.entities.add(who) });
      }
    }
  }
  return [...found].map(([path, { count, entities }]) => ({ path: JSON.parse(path) as string[], count, entities: entities.size }));
}
