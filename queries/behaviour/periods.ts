import { durationMs, gridEdges, longestMs, parseGrain, type Grain, type Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { bucketState } from "../trends/bucket-state.ts";
import type { BucketState } from "../trends/trend-answer.ts";
import type { ResolvedRange } from "./resolve-range.ts";

/** A period of an answer, whole: `[start, end)`. */
export interface Period {
  readonly start: Date;
  readonly end: Date;
  /** Whether its numbers can still change. */
  readonly state: BucketState;
}

/** A range, widened to whole periods. Microseconds since 1970. */
export interface PeriodRange extends ResolvedRange {
  readonly grain: Grain;
  /** Period i is `[edges[i], edges[i + 1])`; the first edge is `from`, the last is `to`. */
  readonly edges: readonly number[];
}

/** An answer about n periods has up to n² numbers. */
const MOST_PERIODS = 400;

/** Cuts a range into whole periods, those at its ends included. @throws QueryError if the grain is none, or there are too many */
export function resolvePeriods(range: ResolvedRange, text: string): PeriodRange {
  const grain = parseGrain(text);
  if (!grain)
    throw new QueryError(
      `There is no period ${JSON.stringify(text)}: write "day", "week", "month", or a number of them such as "2 weeks".`,
    );
  const least = (range.to - range.from) / 1_000 / longestMs(grain);
  const edges = least > MOST_PERIODS ? undefined : gridEdges({ ...range, grain });
  const [from, to] = [edges?.[0], edges?.at(-1)];
  if (!edges || edges.length - 1 > MOST_PERIODS || from === undefined || to === undefined)
    throw new QueryError(`The range has more than ${MOST_PERIODS} periods: choose longer ones or a shorter range.`);
  return { ...range, from, to, grain, edges };
}

/** Start of the period before the first one, in microseconds; 0 (1970) at the least. */
export function edgeBefore({ from, grain, timezone }: PeriodRange): number {
  return Math.max(0, gridEdges({ from: from - 1, to: from, grain, timezone })[0] ?? 0);
}

/** The periods of a range as an answer has them. @param knownTo until when all is known, microseconds */
export function periodsOf({ edges }: PeriodRange, { lateness }: Project, knownTo: number): Period[] {
  return edges.slice(0, -1).map((start, index) => {
    const end = edges[index + 1] ?? start;
    return { start: new Date(start / 1_000), end: new Date(end / 1_000), state: bucketState(end, knownTo, durationMs(lateness) * 1_000) };
  });
}
