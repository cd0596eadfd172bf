import { gridEdges, longestMs, type Grain } from "../../model/index.ts";

/** The buckets that one pass over the data computes. Times are microseconds since 1970. */
export interface Frame {
  /** Events of `[from, to)` are read. */
  readonly from: number;
  readonly to: number;
  /** Edges of the buckets that meet that, ascending. */
  readonly edges: readonly number[];
  /** So many of the first buckets lie before the range: windows, and differences to the bucket before, need them. */
  readonly lead: number;
}

const DAY_MS = 86_400_000;

/** The frame of a range, with so many buckets more in front. With any, the range begins with its first bucket, whole. */
export function frameOf(
  range: { readonly from: number; readonly to: number },
  lead: number,
  grid: { readonly grain: Grain; readonly timezone: string },
): Frame {
  const edges = gridEdges({ ...range, ...grid });
  const [first = range.from] = edges;
  if (lead === 0) return { ...range, edges, lead };
  const back = (longestMs(grid.grain) * lead + 2 * DAY_MS) * 1_000;
  const before = gridEdges({ from: first - back, to: first, ...grid }).slice(-lead - 1, -1);
  return { from: before[0] ?? first, to: range.to, edges: [...before, ...edges], lead: before.length };
}

/** Starts of a frame's buckets. */
export function startsOf({ edges }: Frame): readonly number[] {
  return edges.slice(0, -1);
}

/** Start of the range: what lies before is there for windows only. */
export function rangeStart({ edges, from, lead }: Frame): number {
  return lead === 0 ? from : (edges[lead] ?? from);
}
