import type { Frame } from "./frame.ts";
import type { Transform, Window } from "./trend-request.ts";
import type { TrendValue } from "./trend-answer.ts";

/** What a transformation needs to know beside the values. */
export interface TransformContext {
  readonly frame: Frame;
  readonly window: Window | undefined;
  /** Decimal places of the values, where known. */
  readonly decimals: number | undefined;
}

/** What is made of the values of a frame's buckets. */
export function transformValues(values: readonly TrendValue[], transform: Transform, context: TransformContext): TrendValue[] {
  switch (transform) {
    case "difference":
      return values.map((value, place) => difference(value, values[place - 1] ?? null, context.decimals));
    case "growth":
      return values.map((value, place) => growth(value, values[place - 1] ?? null));
    case "rate":
      return rates(values, context);
    default:
      return transform satisfies never;
  }
}

/**
 * A value less another; null if there is no number on either side. Of values with so many decimal places the exact difference has no more, so it is rounded to them: 0.3 less 0.1 is 0.2,
 * as long as doubles tell neighbours of that many places apart.
 */
export function difference(value: TrendValue, other: TrendValue, decimals: number | undefined): number | null {
  if (typeof value !== "number" || typeof other !== "number") return null;
  const plain = value - other;
  const scale = 10 ** (decimals ?? 0);
  if (decimals === undefined || Math.max(Math.abs(value), Math.abs(other)) * scale > Number.MAX_SAFE_INTEGER) return plain + 0;
  return Math.round(plain * scale) / scale + 0;
}

/** By how many percent of the other's size a value is more than it; null if there is no number on either side, or the other is 0. */
export function growth(value: TrendValue, other: TrendValue): number | null {
  if (typeof value !== "number" || typeof other !== "number" || other === 0) return null;
  return ((value - other) / Math.abs(other)) * 100 + 0;
}

/** Values per second of what they are of: of a bucket that the range cuts the part within it, of a window all its buckets; DST counted. */
function rates(values: readonly TrendValue[], { frame, window }: TransformContext): TrendValue[] {
  const { edges, from, to } = frame;
  return values.map((value, place) => {
    const first = window === undefined ? place : window.kind === "cumulative" ? 0 : Math.max(0, place - window.buckets + 1);
    const start = Math.max(from, edges[first] ?? from);
    const end = Math.min(to, edges[place + 1] ?? to);
    return typeof value === "number" && end > start ? value / ((end - start) / 1_000_000) : null;
  });
}
