import { parseDuration, type Present, type Project, type TimeRange } from "../../model/index.ts";
import { checkAsOf } from "../as-of.ts";
import { QueryError } from "../query-error.ts";
import { resolvePresent, resolveRange as resolveTimes } from "../resolve-range.ts";
import type { BehaviourAnswer, BehaviourRequest } from "./behaviour-request.ts";

/** A range that has been checked, and the present it is seen from, in microseconds since 1970. */
export interface ResolvedRange extends TimeRange, Present {}

/** Longest window or gap, in milliseconds (100 years): sums of times stay exact integers of microseconds. */
const LONGEST = 36_500 * 86_400_000;

/** Checks range, zone and past state of a question. @throws QueryError: one sentence about the first thing that is wrong */
export function resolveRange(project: Project, request: BehaviourRequest): ResolvedRange {
  const present = resolvePresent(request.timezone ?? project.timezone, request.now);
  checkAsOf(request.asOf, project, present);
  return { ...resolveTimes(request, present), ...present };
}

/** A range as an answer has it. */
export function answeredRange({ from, timezone, to }: ResolvedRange): Pick<BehaviourAnswer, "from" | "to" | "timezone"> {
  return { from: new Date(from / 1_000), to: new Date(to / 1_000), timezone };
}

/** Microseconds of a length of time. @param what names it in the error's sentence @throws QueryError if it is none, or 0 */
export function resolveLength(text: string, what: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) {
    throw new QueryError(`"${what}" is ${JSON.stringify(text)}: write a length of time such as "30m", "24h" or "7d".`);
  }
  if (ms > LONGEST) throw new QueryError(`"${what}" is ${JSON.stringify(text)}: 36500d are the most.`);
  return ms * 1_000;
}
