import { measureSql, rollupTable, type ClickHouse, type MeasureOutput } from "../../clickhouse/index.ts";
import { type DimensionValue, durationMs, isDerived, type Metric, type Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { readDimension } from "../read-dimension.ts";
import { resolveMoment } from "../resolve-moment.ts";
import { findMetric } from "../trends/asked-metric.ts";
import { resolveRequest } from "../trends/resolve-request.ts";
import { groupedBy } from "../trends/states-sql.ts";
import { readWatermark } from "../watermark.ts";
import type { RevisionAnswer, RevisionRequest, RevisionRow } from "./revision-request.ts";
import { revisionsStatement, type ResolvedRevisions } from "./revisions-sql.ts";

const ROWS = 1_000;
const MOST_ROWS = 100_000;

/**
 * Says which buckets were changed by events that came after the buckets were final: what each showed then, what it shows now, when it changed and by how many events.
 * From `events` alone, so it holds for every measure, and after a replay or a rebuild.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function revisions(clickhouse: ClickHouse, project: Project, request: RevisionRequest): Promise<RevisionAnswer> {
  const { limit = ROWS, signal } = request;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_ROWS)
    throw new QueryError(`"limit" must be a whole number from 1 to ${MOST_ROWS.toLocaleString("en")}.`);
  const metric = measuredMetric(project, request);
  const resolved = resolve(project, metric, { ...request, limit: limit + 1 });
  const watermark = await readWatermark(clickhouse);
  const rows = await clickhouse.rows<ResultRow>({ ...revisionsStatement(resolved), ...(signal ? { signal } : {}) });
  const { outputs } = measureSql(metric);
  return {
    metric: metric.name,
    ...(metric.unit === undefined ? {} : { unit: metric.unit }),
    from: dateOf(resolved.edges[0]),
    to: dateOf(resolved.edges.at(-1)),
    grain: request.grain,
    timezone: request.timezone ?? project.timezone,
    groupBy: request.groupBy ?? [],
    outputs: outputs.map(({ name }) => name),
    lateness: project.lateness,
    rows: rows.slice(0, limit).map((row) => toRow(row, resolved, outputs)),
    more: rows.length > limit,
    watermark,
  };
}

function measuredMetric(project: Project, { metric: ref }: RevisionRequest): Metric {
  const metric = findMetric(project, ref);
  if (!isDerived(metric)) return metric;
  throw new QueryError(`"${metric.name}" is made of other metrics: ask for the revisions of those.`);
}

function resolve(project: Project, metric: Metric, request: RevisionRequest & { readonly limit: number }): ResolvedRevisions {
  const { against, limit, ...asked } = request;
  const { frame, parts, present } = resolveRequest(project, { ...asked, metric });
  return {
    metric,
    filters: parts[0]?.filters ?? [],
    dimensions: groupedBy(rollupTable(metric), request.groupBy ?? []),
    edges: frame.edges,
    lateness: durationMs(project.lateness) * 1_000,
    against: against === undefined ? undefined : resolveMoment(against, "against", present),
    limit,
  };
}

type ResultRow = Readonly<Record<string, DimensionValue>>;

function toRow(row: ResultRow, { dimensions }: ResolvedRevisions, outputs: readonly MeasureOutput[]): RevisionRow {
  const valuesOf = (letter: "b" | "n"): RevisionRow["now"] =>
    Object.fromEntries(outputs.map((output, index) => [output.name, readValue(output, row[`${letter}${index}`])]));
  return {
    start: dateOf(row["start"]),
    end: dateOf(row["end"]),
    group: Object.fromEntries(dimensions.map((dimension, index) => [dimension.ref, readDimension(dimension, row[`g${index}`] ?? null)])),
    before: valuesOf("b"),
    now: valuesOf("n"),
    events: Number(row["late"]),
    firstAt: dateOf(row["first_at"]),
    lastAt: dateOf(row["last_at"]),
  };
}

/** 64-bit counts come as text; -0 and 0 are one number. */
function readValue({ type }: MeasureOutput, value: DimensionValue | undefined): number | string | null {
  if (value === null || value === undefined || typeof value === "boolean") return null;
  return type === "Nullable(String)" ? value : Number(value) + 0;
}

function dateOf(micros: DimensionValue | undefined): Date {
  return new Date(Number(micros) / 1_000);
}
