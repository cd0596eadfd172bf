import { measureSql, type ClickHouse, type MeasureOutput } from "../../clickhouse/index.ts";
import { durationMs, type Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { readDimension } from "../trends/dimension-filter.ts";
import { resolveMoment } from "../trends/resolve-moment.ts";
import { resolveRequest, type ResolvedTrend } from "../trends/resolve-request.ts";
import type { DimensionValue } from "../trends/trend-request.ts";
import { readWatermark } from "../watermark.ts";
import type { RevisionAnswer, RevisionRequest, RevisionRow } from "./revision-request.ts";
import { dimensionsOf, revisionsStatement } from "./revisions-sql.ts";

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
  const resolved = resolveRequest(project, request);
  const since = request.since === undefined ? undefined : resolveMoment(request.since, "since", resolved.timezone);
  const watermark = await readWatermark(clickhouse);
  const statement = revisionsStatement(resolved, { lateness: durationMs(project.lateness) * 1_000, limit: limit + 1, since });
  const rows = await clickhouse.rows<ResultRow>({ ...statement, ...(signal ? { signal } : {}) });
  const { edges, grain, groupBy, metric, timezone } = resolved;
  const { outputs } = measureSql(metric);
  return {
    metric: metric.name,
    ...(metric.unit === undefined ? {} : { unit: metric.unit }),
    from: dateOf(edges[0]),
    to: dateOf(edges.at(-1)),
    grain,
    timezone,
    groupBy,
    outputs: outputs.map(({ name }) => name),
    lateness: project.lateness,
    rows: rows.slice(0, limit).map((row) => toRow(row, resolved, outputs)),
    more: rows.length > limit,
    watermark,
  };
}

type ResultRow = Readonly<Record<string, DimensionValue>>;

function toRow(row: ResultRow, resolved: ResolvedTrend, outputs: readonly MeasureOutput[]): RevisionRow {
  const valuesOf = (letter: "b" | "n"): RevisionRow["now"] =>
    Object.fromEntries(outputs.map((output, index) => [output.name, readValue(output, row[`${letter}${index}`])]));
  return {
    start: dateOf(row["start"]),
    end: dateOf(row["end"]),
    group: Object.fromEntries(
      dimensionsOf(resolved).map((dimension, index) => [dimension.ref, readDimension(dimension, row[`g${index}`] ?? null)]),
    ),
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
