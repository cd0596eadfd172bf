import type { Watermark } from "../../model/index.ts";
import type { FieldValue, OracleEvent } from "./event.ts";
import { oracleBuckets } from "./grid.ts";
import { byEntity, type OracleSelector } from "./selector.ts";

/** What to ask. Times are microseconds. */
export interface OracleRetentionRequest {
  readonly first: OracleSelector;
  readonly returning?: OracleSelector;
  readonly cohort: "first" | "recurring";
  readonly period: string;
  readonly zone: string;
  readonly from: number;
  readonly to: number;
  readonly entity?: string;
  readonly asOf?: Watermark;
}

/** The entities that began in a period, and how many of them returned in it and in each later one. */
export interface OracleCohort {
  readonly start: number;
  readonly size: number;
  readonly returned: readonly number[];
}

/** The answer to a retention question by docs/behaviour.md alone: for each cohort and each later period, everybody is asked. */
export function oracleRetention(events: readonly OracleEvent[], request: OracleRetentionRequest): OracleCohort[] {
  const { first, returning = first, entity = "subject", asOf } = request;
  const periods = oracleBuckets(request.from, request.to, request.period, request.zone);
  const firsts = byEntity(events, [first], entity, asOf);
  const returns = byEntity(events, [returning], entity, asOf);
  const hasIn = (all: Map<FieldValue, OracleEvent[]>, who: FieldValue, index: number): boolean =>
    (all.get(who) ?? []).some(({ time }) => time >= periods[index]!.start && time < periods[index]!.end);
  const everybody = [...firsts.keys()];
  return periods.map(({ start, end }, index) => {
    const members = everybody.filter((who) => {
      if (request.cohort === "recurring") return hasIn(firsts, who, index);
      const [birth] = firsts.get(who) ?? [];
      return birth !== undefined && birth.time >= start && birth.time < end;
    });
    const returned = periods.slice(index).map((_, later) => members.filter((who) => hasIn(returns, who, index + later)).length);
    return { start, size: members.length, returned };
  });
}
