import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import type { Watermark } from "../../model/index.ts";
import { startsOf, type Frame } from "./frame.ts";
import { planTrend, type TrendPlan } from "./plan.ts";
import { partKey, type Part, type ResolvedTrend } from "./resolve-request.ts";
import { collectGroups, MOST_RESULT_ROWS, type Measured, type ResultRow } from "./series.ts";
import { groupedBy } from "./states-sql.ts";
import type { TrendSource } from "./trend-answer.ts";
import { topStatement, trendStatement } from "./trend-sql.ts";

/** How the tables are asked. */
export interface Asking {
  readonly clickhouse: ClickHouse;
  readonly resolved: ResolvedTrend;
  readonly asOf: Watermark | undefined;
}

/** What every part measured over one frame. */
export interface FrameMeasured {
  /** By {@link partKey}, then by the key of the group. */
  readonly parts: ReadonlyMap<string, ReadonlyMap<string, Measured>>;
  readonly sources: readonly TrendSource[];
}

/** Keys of the groups that get a series of their own; undefined = all do. */
export async function readTop(asking: Asking): Promise<readonly string[] | undefined> {
  const { frame, groupBy, top } = asking.resolved;
  if (!top) return undefined;
  const plan = await planPart(asking, top.part, frame);
  const statement = topStatement(plan, { part: top.part, frame, groupBy, asOf: asking.asOf, limit: top.groups });
  return (await read<{ key: string }>(asking, statement)).map(({ key }) => key);
}

/** Measures every part of a request over a frame. */
export async function measureFrame(asking: Asking, frame: Frame, kept: readonly string[] | undefined): Promise<FrameMeasured> {
  const measured = await Promise.all(asking.resolved.parts.map((part) => measurePart(asking, part, frame, kept)));
  return {
    parts: new Map(measured.map(({ groups, part }) => [partKey(part.metric, part.mode), groups])),
    sources: measured.map(({ source }) => source),
  };
}

async function measurePart(asking: Asking, part: Part, frame: Frame, kept: readonly string[] | undefined) {
  const { groupBy, request } = asking.resolved;
  const plan = await planPart(asking, part, frame);
  const question = { part, frame, groupBy, kept, window: request.window, asOf: asking.asOf, limit: MOST_RESULT_ROWS + 1 };
  const rows = await read<ResultRow>(asking, trendStatement(plan, question));
  const groups = collectGroups(rows, groupedBy(plan.table, groupBy), plan.table.measure.outputs, startsOf(frame));
  return { part, groups, source: plan.source };
}

function planPart({ clickhouse, asOf, resolved }: Asking, { filters, metric }: Part, frame: Frame): Promise<TrendPlan> {
  const asked = resolved.request.source === "raw" ? "The raw events were asked for." : undefined;
  const past = asOf && "A past state of the log was asked for, and rollups know only the present one.";
  return planTrend(clickhouse, { metric, filters, onlyRaw: asked ?? past }, frame);
}

function read<Row extends object>({ clickhouse, resolved }: Asking, statement: Statement): Promise<Row[]> {
  const { signal } = resolved.request;
  return clickhouse.rows<Row>({ ...statement, ...(signal ? { signal } : {}) });
}
