import type { TrendAnswer, TrendRow } from "../../queries/index.ts";
import type { BucketMark } from "./chart.ts";
import { bucketName } from "./local-time.ts";

/** A bucket of an answer, with its name in the zone of the question. */
export interface NamedBucket {
  readonly name: string;
  readonly mark: BucketMark;
  readonly partial: boolean;
}

/** The buckets of an answer. Rows come by time, then by group: each distinct start is a bucket. */
export function namedBuckets({ grain, rows, timezone }: TrendAnswer): NamedBucket[] {
  const firsts = new Map<number, TrendRow>();
  for (const row of rows) if (!firsts.has(row.start.getTime())) firsts.set(row.start.getTime(), row);
  return [...firsts.values()].map(({ partial, start, state }) => ({ name: bucketName(start, grain, timezone), mark: state, partial }));
}
