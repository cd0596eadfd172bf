import type { Transform, TrendRequest, Window } from "../../queries/index.ts";
import { UsageError } from "../errors.ts";

/** The flags that say what is made of a trend's values. */
export interface ValueFlags {
  readonly movingAverage?: number;
  readonly rolling?: number;
  readonly cumulative?: boolean;
  readonly difference?: boolean;
  readonly growth?: boolean;
  readonly rate?: boolean;
}

/** The window and the transformation that the flags name. @throws UsageError if they name two of one */
export function valueFlags({
  cumulative,
  difference,
  growth,
  movingAverage,
  rate,
  rolling,
}: ValueFlags): Pick<TrendRequest, "window" | "transform"> {
  const windows: (readonly [flag: string, window: Window])[] = [
    ...(movingAverage === undefined ? [] : [["--moving-average", { kind: "average", buckets: movingAverage }] as const]),
    ...(rolling === undefined ? [] : [["--rolling", { kind: "rolling", buckets: rolling }] as const]),
    ...(cumulative === true ? [["--cumulative", { kind: "cumulative" }] as const] : []),
  ];
  const transforms: (readonly [flag: string, transform: Transform])[] = [
    ...(difference === true ? [["--difference", "difference"] as const] : []),
    ...(growth === true ? [["--growth", "growth"] as const] : []),
    ...(rate === true ? [["--rate", "rate"] as const] : []),
  ];
  const window = oneOf(windows);
  const transform = oneOf(transforms);
  return { ...(window ? { window } : {}), ...(transform ? { transform } : {}) };
}

function oneOf<Choice>(given: readonly (readonly [flag: string, choice: Choice])[]): Choice | undefined {
  if (given.length > 1) throw new UsageError(`Give one of ${given.map(([flag]) => flag).join(" and ")}, not both.`);
  return given[0]?.[1];
}
