import type { BucketState } from "./trend-answer.ts";

/**
 * The state of a bucket that ends at `end`.
 * @param knownTo until when all is known: the present, or what is ingested if that is less; -Infinity = nothing is known
 * @param lateness how late events are expected to be. All in one unit of time.
 */
export function bucketState(end: number, knownTo: number, lateness: number): BucketState {
  if (end > knownTo) return "open";
  return end + lateness > knownTo ? "provisional" : "final";
}
