import type { Statement } from "../../clickhouse/index.ts";
import type { Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { edgesSql } from "./bucket-sql.ts";
import { rangeStart, type Frame } from "./frame.ts";
import type { TrendPlan } from "./plan.ts";
import type { Part } from "./resolve-request.ts";
import { statesSql } from "./states-sql.ts";
import type { Window } from "./trend-request.ts";

/** What is asked of a plan. */
export interface TrendQuestion {
  readonly part: Part;
  readonly frame: Frame;
  readonly groupBy: readonly string[];
  /** With top groups: their keys, see {@link groupKey}. */
  readonly kept: readonly string[] | undefined;
  readonly window: Window | undefined;
  readonly asOf: Watermark | undefined;
  /** Most rows to return. */
  readonly limit: number;
}

/** The target of a row that holds the whole range, in place of a bucket's start: no edge is a microsecond before 1970. */
export const WHOLE_RANGE = -1;

/** Names a group in one text; equal for equal values, whatever the table. */
export function groupKey(groupBy: readonly string[]): string {
  return `toJSONString(tuple(${groupBy.map((_, index) => `g${index}`).join(", ")}))`;
}

/**
 * The statement of a plan: states of buckets and groups, spread over the buckets whose windows hold them and over the whole range, and merged there. One row for each target and series that
 * has events, with columns `target` (a bucket's start in microseconds, or {@link WHOLE_RANGE}), `other`, `g0`, `g1` … for the dimensions grouped by and `v0`, `v1` … for the outputs of the measure.
 */
export function trendStatement(plan: TrendPlan, question: TrendQuestion): Statement {
  const { asOf, frame, groupBy, kept, limit, part } = question;
  const bindings = new Bindings();
  const states = statesSql(plan, part.metric.event.type, { edges: frame.edges, groupBy, filters: part.filters, asOf }, bindings);
  const targets = targetsSql(question, bindings);
  const names = groupBy.map((_, index) => `g${index}`);
  const groups = names.map((name) => (kept ? `if(kept, ${name}, NULL)` : name));
  const columns = [
    "target",
    "NOT kept AS other",
    ...groups.map((group, index) => `${group} AS g${index}`),
    ...plan.table.measure.outputs.map(({ merged }, index) => `${merged} AS v${index}`),
  ];
  const member = kept ? `has(${bindings.bind("Array(String)", kept)}, ${groupKey(groupBy)})` : "true";
  const keys = Array.from({ length: 2 + names.length }, (_, index) => index + 1);
  return {
    name: `Trend of ${part.metric.name}`,
    sql: `SELECT ${columns.join(", ")}
FROM (
SELECT *, arrayJoin(${targets}) AS target, ${member} AS kept
FROM (
${states}
)
)
GROUP BY ${keys.join(", ")}
LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
    // Columns of a rollup are named by users: no alias may stand for one of them.
    settings: { prefer_column_name_to_alias: 1 },
  };
}

/** Where the states of bucket `b` are counted: in the buckets of the frame whose windows hold it, and in the whole range if it lies there. */
function targetsSql({ frame, part, window }: TrendQuestion, bindings: Bindings): string {
  const inRange = `[toInt64(${WHOLE_RANGE})]`;
  const whole = frame.lead === 0 ? inRange : `if(b >= ${bindings.bind("Int64", rangeStart(frame))}, ${inRange}, [])`;
  if (part.mode === "bucket") return `arrayConcat([b], ${whole})`;
  const starts = `arrayPopBack(${edgesSql(frame.edges, bindings)})`;
  const place = `transform(b, ${starts}, arrayEnumerate(${starts}), 0)`;
  const isCumulative = part.mode === "cumulative" || window === undefined || window.kind === "cumulative";
  const length = isCumulative ? "" : `, ${bindings.bind("UInt32", window.buckets)}`;
  return `arrayConcat(arraySlice(${starts}, ${place}${length}), ${whole})`;
}

/** The keys of the groups with the greatest values over the range, greatest first; of equal ones the first by key. */
export function topStatement(plan: TrendPlan, question: Omit<TrendQuestion, "kept" | "window">): Statement {
  const { asOf, frame, groupBy, limit, part } = question;
  const bindings = new Bindings();
  const states = statesSql(plan, part.metric.event.type, { edges: frame.edges, groupBy, filters: part.filters, asOf }, bindings);
  const [output] = plan.table.measure.outputs;
  return {
    name: `Greatest groups of ${part.metric.name}`,
    sql: `SELECT ${groupKey(groupBy)} AS key
FROM (
${states}
)
WHERE b >= ${bindings.bind("Int64", frame.lead === 0 ? (frame.edges[0] ?? 0) : rangeStart(frame))}
GROUP BY key
ORDER BY ${output?.merged ?? "count()"} DESC NULLS LAST, key
LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
    settings: { prefer_column_name_to_alias: 1 },
  };
}
