import { adviseName, isDerived } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import type { AskedMetric } from "./asked-metric.ts";
import type { Fill, Transform, TrendRequest, Window } from "./trend-request.ts";

/** Over which stretch a part is measured for each bucket: the bucket, the last so many, or all so far. */
export type Mode = "bucket" | "rolling" | "cumulative";

/** States of buckets that are merged for one series: half a second of counts. */
export const MOST_WINDOWED = 1_000_000;

const FILLS: readonly Fill[] = ["none", "zero", "previous", "linear"];
const TRANSFORMS: readonly Transform[] = ["difference", "growth", "rate"];
const WINDOWS: readonly Window["kind"][] = ["rolling", "average", "cumulative"];

/** How the parts of a metric are measured. The mean of counts and sums is their moving sum, divided; that of means and ratios is what they are over the window. */
export function modeOf({ adds, metric }: AskedMetric, window: Window | undefined): Mode {
  if (!window) return "bucket";
  if (window.kind !== "average") return window.kind;
  const weighs = isDerived(metric) ? metric.kind === "ratio" : metric.measure.kind === "avg";
  return adds || weighs ? "rolling" : "bucket";
}

/** Buckets that are needed in front of the range. A cumulative window begins with the range. */
export function leadOf({ transform, window }: TrendRequest): number {
  if (window?.kind === "cumulative") return 0;
  const before = transform === "difference" || transform === "growth" ? 1 : 0;
  return (window ? window.buckets - 1 : 0) + before;
}

/** Checks what is to be made of the values. @throws QueryError, one sentence */
export function checkValues(metrics: readonly AskedMetric[], request: TrendRequest): void {
  const { fill, transform, window } = request;
  if (fill !== undefined && !FILLS.includes(fill)) throw unknown("fill", fill, FILLS);
  if (transform !== undefined && !TRANSFORMS.includes(transform)) throw unknown("transform", transform, TRANSFORMS);
  if (window !== undefined) checkWindowShape(window);
  for (const asked of metrics) {
    if (asked.outputs.some(({ text }) => text)) checkText(asked.metric.name, request);
    if (transform === "rate") checkRate(asked, window);
  }
}

function checkWindowShape(window: Window): void {
  const { kind } = window;
  if (!WINDOWS.includes(kind)) throw unknown("window", kind, WINDOWS);
  if (window.kind === "cumulative") return;
  if (!Number.isSafeInteger(window.buckets) || window.buckets < 2 || window.buckets > 1_000) {
    throw new QueryError(`A ${kind} window is 2 to 1,000 buckets long, not ${JSON.stringify(window.buckets)}.`);
  }
}

function checkText(name: string, { fill, transform, window }: TrendRequest): void {
  const of = `and the values of "${name}" are text`;
  if (fill === "zero" || fill === "linear") throw new QueryError(`Fill "${fill}" needs numbers, ${of}: write none or previous.`);
  if (window?.kind === "average") throw new QueryError(`An average needs numbers, ${of}.`);
  if (transform !== undefined) throw new QueryError(`A ${transform} needs numbers, ${of}.`);
}

function checkRate({ adds, metric }: AskedMetric, window: Window | undefined): void {
  if (!adds) {
    const what = isDerived(metric) ? `is a ${metric.kind}` : `measures ${metric.measure.kind}`;
    throw new QueryError(`A rate per second needs a count or a sum, and "${metric.name}" ${what}.`);
  }
  if (window?.kind === "average")
    throw new QueryError("A rate over several buckets is that of a rolling window: write rolling for average.");
}

function unknown(what: string, found: unknown, known: readonly string[]): QueryError {
  const list = `${known.slice(0, -1).join(", ")} or ${known.at(-1) ?? ""}`;
  return new QueryError(`There is no ${what} ${JSON.stringify(found)}: ${adviseName(String(found), known, `write ${list}.`)}`);
}
