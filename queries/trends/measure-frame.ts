import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import { atEachGrain, type Watermark } from "../../model/index.ts";
import { startsOf, type Frame } from "./frame.ts";
import { planTrend, type TrendPlan } from "./plan.ts";
import { partKey, type Part, type ResolvedTrend } from "./resolve-request.ts";
import { readRollupStates, type RollupStates } from "./rollup-states.ts";
import { collectGroups, MOST_RESULT_ROWS, type Measured, type ResultRow } from "./series.ts";
import { groupedBy } from "./states-sql.ts";
import type { TrendSource } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";
import { topStatement, trendStatement } from "./trend-sql.ts";

/** How the tables are asked. */
export interface Asking {
  readonly clickhouse: ClickHouse;
  readonly resolved: ResolvedTrend;
  readonly asOf: Watermark | undefined;
  readonly rollups: RollupStates;
}

/** What every part measured over one frame. */
export interface FrameMeasured {
  /** By {@link partKey}, then by the key of the group. */
  readonly parts: ReadonlyMap<string, ReadonlyMap<string, Measured>>;
  readonly sources: readonly TrendSource[];
}

/** What a plan needs to know of the tables, asked for once for all parts of a request; nothing, where the raw events are read in any case. */
export function readRollups(clickhouse: ClickHouse, { parts, request, top }: ResolvedTrend): Promise<RollupStates> {
  if (whyOnlyRaw(request) !== undefined) return Promise.resolve(new Map());
  const metrics = [...parts, ...(top ? [top.part] : [])].flatMap(({ metric }) => atEachGrain(metric));
  return readRollupStates(clickhouse, metrics, request.signal);
}

/** Keys of the groups that get a series of their own; undefined = all do. */
export async function readTop(asking: Asking): Promise<readonly string[] | undefined> {
  const { frame, groupBy, top } = asking.resolved;
  if (!top) return undefined;
  const plan = planPart(asking, top.part, frame);
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
  const { groupBy } = asking.resolved;
  const plan = planPart(asking, part, frame);
  const rows = await read<ResultRow>(asking, partStatement(asking, plan, part, frame, kept));
  const groups = collectGroups(rows, groupedBy(plan.table, groupBy), plan.table.measure.outputs, startsOf(frame));
  return { part, groups, source: plan.source };
}

/** The statement that measures a part over a frame by a plan. */
export function partStatement(
  { asOf, resolved }: Asking,
  plan: TrendPlan,
  part: Part,
  frame: Frame,
  kept: readonly string[] | undefined,
): Statement {
  const { groupBy, request } = resolved;
  return trendStatement(plan, { part, frame, groupBy, kept, window: request.window, asOf, limit: MOST_RESULT_ROWS + 1 });
}

/** How a part is measured over a frame. */
export function planPart({ resolved, rollups }: Asking, { filters, metric }: Part, frame: Frame): TrendPlan {
  return planTrend(rollups, { metric, filters, onlyRaw: whyOnlyRaw(resolved.request) }, frame);
}

function whyOnlyRaw({ asOf, source }: TrendRequest): string | undefined {
  if (source === "raw") return "The raw events were asked for.";
  return asOf === undefined ? undefined : "A past state of the log was asked for, and rollups know only the present one.";
}

function read<Row extends object>({ clickhouse, resolved }: Asking, statement: Statement): Promise<Row[]> {
  const { signal } = resolved.request;
  return clickhouse.rows<Row>({ ...statement, ...(signal ? { signal } : {}) });
}
