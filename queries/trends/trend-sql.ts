import type { Statement } from "../../clickhouse/index.ts";
import type { Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { edgesSql } from "./bucket-sql.ts";
import { rangeStart, type Frame } from "./frame.ts";
import type { TrendPlan } from "./plan.ts";
import type { Part } from "./resolve-request.ts";
import { stateRowsSql, statesSql, type StatesQuestion } from "./states-sql.ts";
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
  return `toJSONString(tuple(${groupNames(groupBy).join(", ")}))`;
}

function groupNames(groupBy: readonly string[]): string[] {
  return groupBy.map((_, index) => `g${index}`);
}

/**
 * The statement of a plan: states of buckets and groups, merged where they count. One row for each target and series that has events, with columns `target` (a bucket's start in microseconds,
 * or {@link WHOLE_RANGE}), `other`, `g0`, `g1` … for the dimensions grouped by and `v0`, `v1` … for the outputs of the measure.
 */
export function trendStatement(plan: TrendPlan, question: TrendQuestion): Statement {
  const { frame, kept, limit, part } = question;
  const bindings = new Bindings();
  const isPlain = part.mode === "bucket" && kept === undefined && frame.lead === 0;
  const { by, columns, rows } = isPlain ? counted(plan, question, bindings) : spread(plan, question, bindings);
  const values = plan.table.measure.outputs.map(({ merged }, index) => `${merged} AS v${index}`);
  return {
    name: `Trend of ${part.metric.name}`,
    sql: `SELECT ${[...columns, ...values].join(", ")}
FROM (
${rows}
)
GROUP BY ${by}
LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
    // Columns of a rollup are named by users: no alias may stand for one of them.
    settings: { prefer_column_name_to_alias: 1 },
  };
}

/** Rows to merge, the columns of target and series, and what they are grouped by. */
interface Merging {
  readonly rows: string;
  readonly columns: readonly string[];
  readonly by: string;
}

/**
 * The common case, each bucket's states count in it and in the whole range: grouping sets count them in both, in one pass over the rows. To combine them by bucket first, and spread those out, takes
 * 2 ms longer for counts and a third longer for sketches (docs/decisions/0023). A whole range without events has a set of its own, and no row all the same.
 */
function counted(plan: TrendPlan, question: TrendQuestion, bindings: Bindings): Merging {
  const names = groupNames(question.groupBy);
  return {
    rows: stateRowsSql(plan, question.part.metric.event.type, statesQuestion(question), bindings),
    columns: [`if(grouping(b) = 1, toInt64(${WHOLE_RANGE}), b) AS target`, "false AS other", ...names],
    by: `GROUPING SETS ((${["b", ...names].join(", ")}), (${names.join(", ")}))\nHAVING count() > 0`,
  };
}

/** States spread over the buckets whose windows hold them and over the whole range; groups that are not kept become one. */
function spread(plan: TrendPlan, question: TrendQuestion, bindings: Bindings): Merging {
  const { groupBy, kept, part } = question;
  const states = statesSql(plan, part.metric.event.type, statesQuestion(question), bindings);
  const names = groupNames(groupBy);
  const targets = targetsSql(question, bindings);
  const member = kept ? `has(${bindings.bind("Array(String)", kept)}, ${groupKey(groupBy)})` : "true";
  const groups = names.map((name) => `${kept ? `if(kept, ${name}, NULL)` : name} AS ${name}`);
  return {
    rows: `SELECT *, arrayJoin(${targets}) AS target, ${member} AS kept\nFROM (\n${states}\n)`,
    columns: ["target", "NOT kept AS other", ...groups],
    by: Array.from({ length: 2 + names.length }, (_, index) => index + 1).join(", "),
  };
}

function statesQuestion({ asOf, frame, groupBy, part }: Omit<TrendQuestion, "kept" | "window">): StatesQuestion {
  return { edges: frame.edges, groupBy, filters: part.filters, asOf };
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
  const { frame, groupBy, limit, part } = question;
  const bindings = new Bindings();
  const states = statesSql(plan, part.metric.event.type, statesQuestion(question), bindings);
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
