import type { ClickHouse } from "../../clickhouse/index.ts";
import type { DimensionValue, Project } from "../../model/index.ts";
import { compareDimensions } from "../compare-dimensions.ts";
import { findField } from "../find-field.ts";
import { QueryError } from "../query-error.ts";
import { readDimension } from "../read-dimension.ts";
import { resolveEntity } from "./entity.ts";
import { resolveSelector } from "./event-selector.ts";
import type { FunnelAnswer, FunnelGroup, FunnelRequest, FunnelStep, TimeToConvert } from "./funnel-request.ts";
import { funnelStatement, type ResolvedFunnel } from "./funnel-sql.ts";
import { readPositionBounds } from "./order-key.ts";
import { answeredRange, resolveLength, resolveRange } from "./resolve-range.ts";
import { takeSnapshot } from "../snapshot.ts";

const MOST_STEPS = 12;
/** More groups than anybody reads. */
const MOST_GROUPS = 1_000;

/** A row of the statement: counts and times by the names that `funnelStatement` gives them. */
type Row = Readonly<Record<string, DimensionValue>>;

/**
 * Answers how many entities go through the steps in order, and how long they take: docs/behaviour.md defines it to the microsecond.
 * @throws QueryError if the question cannot be answered as put: nothing was run then, unless there are too many groups
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function funnel(clickhouse: ClickHouse, project: Project, request: FunnelRequest): Promise<FunnelAnswer> {
  const resolved = resolveFunnel(project, request);
  const snapshot = await takeSnapshot(clickhouse, project, request, resolved);
  const bounds = await readPositionBounds(clickhouse, snapshot.watermark);
  const statement = funnelStatement(resolved, bounds, snapshot, MOST_GROUPS + 1);
  const rows = await clickhouse.rows<Row>({ ...statement, ...(request.signal ? { signal: request.signal } : {}) });
  if (rows.length > MOST_GROUPS) {
    throw new QueryError(
      `"${request.by ?? ""}" has more than ${MOST_GROUPS.toLocaleString("en")} values: break down by another field, or add a condition.`,
    );
  }
  const { by, entity } = resolved;
  // A funnel that nobody entered has its steps too, with nobody in them.
  const groups = (rows.length === 0 && !by ? [{}] : rows).map((row) => toGroup(row, resolved));
  return {
    entity: entity.ref,
    ...answeredRange(resolved),
    window: request.window,
    by: by?.ref ?? null,
    groups: groups.sort(bySize),
    watermark: snapshot.watermark,
  };
}

function resolveFunnel(project: Project, request: FunnelRequest): ResolvedFunnel {
  const { steps: selectors } = request;
  if (selectors.length < 2 || selectors.length > MOST_STEPS)
    throw new QueryError(`A funnel has from 2 to ${MOST_STEPS} steps, not ${selectors.length}.`);
  const steps = selectors.map((selector) => resolveSelector(project, selector, request.filter));
  const entity = resolveEntity(steps, request.entity ?? "subject");
  const [first] = steps;
  const by = request.by === undefined || !first ? undefined : findField(first.definition, request.by);
  return { ...resolveRange(project, request), steps, window: resolveLength(request.window, "window"), entity, by };
}

function toGroup(row: Row, { by, steps }: ResolvedFunnel): FunnelGroup {
  const count = (step: number): number => Number(row[`n${step}`] ?? 0);
  const type = by?.type === "integer" ? "Nullable(Int64)" : "";
  return {
    group: by ? { [by.ref]: readDimension({ type }, row["g"] ?? null) } : {},
    steps: steps.map(({ label }, index): FunnelStep => {
      const step = index + 1;
      return {
        step,
        event: label,
        entities: count(step),
        ofFirst: share(count(step), count(1)),
        ofPrevious: share(count(step), count(Math.max(1, step - 1))),
        fromPrevious: timeOf(row, `p${step}`),
        fromFirst: timeOf(row, `f${step}`),
      };
    }),
    open: Number(row["open"] ?? 0),
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function timeOf(row: Row, name: string): TimeToConvert | null {
  const [median, p90] = [row[`${name}_5`] ?? null, row[`${name}_9`] ?? null];
  return median === null || p90 === null ? null : { median: Number(median) / 1e6, p90: Number(p90) / 1e6 };
}

function bySize(a: FunnelGroup, b: FunnelGroup): number {
  return sizeOf(b) - sizeOf(a) || compareDimensions(Object.values(a.group)[0] ?? null, Object.values(b.group)[0] ?? null);
}

function sizeOf({ steps }: FunnelGroup): number {
  return steps[0]?.entities ?? 0;
}
