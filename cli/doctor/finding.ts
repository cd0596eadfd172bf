import type { Facts } from "./facts.ts";
import type { Known } from "./known.ts";

/** What a check found. */
export interface Finding {
  /** What it is about: headings of the report, in this order. */
  readonly area: Area;
  readonly name: string;
  /** `fail`: something that was promised does not hold, or will not; `warn`: it holds, and less than it could; `unknown`: nobody could be asked. */
  readonly status: "ok" | "warn" | "fail" | "unknown";
  /** One sentence: what is, and what follows from it. */
  readonly sentence: string;
  /** What to type or to set, unless all is well. */
  readonly fix?: string;
}

/** Parts of a pipeline that can be unwell. */
export const AREAS = ["NATS", "streams", "ClickHouse", "tables", "lanes", "clocks", "permissions"] as const;

/** See {@link AREAS}. */
export type Area = (typeof AREAS)[number];

/** Judges facts; it asks nobody. */
export type Check = (facts: Facts) => readonly Finding[];

/** A check of a fact that may not be known: then it says why not. */
export function given<Value>(
  fact: Known<Value>,
  { area, name }: Pick<Finding, "area" | "name">,
  judge: (value: Value) => readonly Finding[],
): readonly Finding[] {
  return "value" in fact ? judge(fact.value) : [{ area, name, status: "unknown", sentence: `It is not known: ${fact.unknown}` }];
}
