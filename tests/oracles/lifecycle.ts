import type { Watermark } from "../../model/index.ts";
import type { OracleEvent } from "./event.ts";
import { oracleBuckets } from "./grid.ts";
import { byEntity, type OracleSelector } from "./selector.ts";

/** What to ask. Times are microseconds. */
export interface OracleLifecycleRequest {
  readonly events: readonly OracleSelector[];
  readonly period: string;
  readonly zone: string;
  readonly from: number;
  readonly to: number;
  readonly entity?: string;
  readonly asOf?: Watermark;
}

/** How many entities were what in a period. */
export interface OracleLifecycleRow {
  readonly start: number;
  readonly new: number;
  readonly returning: number;
  readonly resurrecting: number;
  readonly dormant: number;
}

/** The answer to a lifecycle question by docs/behaviour.md alone: everybody is asked three things about each period. */
export function oracleLifecycle(events: readonly OracleEvent[], request: OracleLifecycleRequest): OracleLifecycleRow[] {
  const { period, zone } = request;
  const periods = oracleBuckets(request.from, request.to, period, zone);
  const histories = [...byEntity(events, request.events, request.entity ?? "subject", request.asOf).values()];
  return periods.map(({ start, end }) => {
    const before = oracleBuckets(start - 1, start, period, zone)[0]!;
    const row = { start, new: 0, returning: 0, resurrecting: 0, dormant: 0 };
    for (const history of histories) {
      const active = history.some(({ time }) => time >= start && time < end);
      const activeBefore = history.some(({ time }) => time >= before.start && time < start);
      const everBefore = history.some(({ time }) => time < start);
      if (active) row[activeBefore ? "returning" : everBefore ? "resurrecting" : "new"] += 1;
      else if (activeBefore) row.dormant += 1;
    }
    return row;
  });
}
