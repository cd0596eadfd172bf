import type { Metric } from "../api/wire.ts";
import { grainFor, rangeOf, type RangeQuestion } from "./ranges.ts";
import type { Route } from "./route.ts";

/** A trend, as the HTTP API takes it. */
export type TrendQuestion = RangeQuestion & {
  readonly metric: string;
  readonly grain: string;
  readonly timezone: string;
  readonly groupBy?: readonly string[];
  readonly top?: number;
  readonly filter?: Readonly<Record<string, readonly (string | null)[] | { readonly not: readonly (string | null)[] }>>;
  readonly window?: { readonly kind: "average" | "rolling"; readonly buckets: number } | { readonly kind: "cumulative" };
  readonly transform?: string;
  readonly compare?: string;
  readonly fill?: string;
};

/** What a route asks of a metric. @param now milliseconds since 1970 */
export function trendQuestion(metric: Metric, route: Route, zone: string, now: number): TrendQuestion {
  const { by = "", compare = "", fill = "", grain = "", top = "", transform = "", where = "", window = "" } = route.params;
  const range = rangeOf(route);
  const groups = by.split(",").filter((dimension) => metric.dimensions.includes(dimension));
  const isText = metric.kind === "first" || metric.kind === "last";
  return {
    metric: metric.name,
    ...range,
    grain: grain === "" ? grainFor(range, now) : grain,
    timezone: zone,
    ...(groups.length > 0 ? { groupBy: groups } : {}),
    ...(groups.length > 0 && !isText ? { top: Number(top) || 8 } : {}),
    ...(where === "" ? {} : { filter: parseConditions(where) }),
    ...(window === "" ? {} : { window: parseWindow(window) }),
    ...(transform === "" ? {} : { transform }),
    ...(compare === "" ? {} : { compare }),
    ...(fill === "" ? {} : { fill }),
  };
}

/** "country=DE,AT; gift!=null": fields that must, or must not, be one of the values. */
export function parseConditions(text: string): NonNullable<TrendQuestion["filter"]> {
  const conditions = text.split(";").flatMap((part) => {
    const [, field = "", not = "", values = ""] = /^\s*([^=!\s]+)\s*(!?)=\s*(.*?)\s*$/.exec(part) ?? [];
    if (field === "") return [];
    const list = values.split(",").map((value) => (value.trim() === "null" ? null : value.trim()));
    return [[field, not === "!" ? { not: list } : list] as const];
  });
  return Object.fromEntries(conditions);
}

/** "average 7", "rolling 24" or "cumulative". */
function parseWindow(text: string): NonNullable<TrendQuestion["window"]> {
  const [kind, buckets] = text.split(" ");
  if (kind === "average" || kind === "rolling") return { kind, buckets: Number(buckets) };
  return { kind: "cumulative" };
}
