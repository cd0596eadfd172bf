import { measureSql, type ClickHouse } from "../../clickhouse/index.ts";
import { durationMs, type Project } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { readProgress } from "../watermark.ts";
import { bucketState } from "./bucket-state.ts";
import { fillGaps } from "./fill.ts";
import { parseMoment } from "./parse-moment.ts";
import { planTrend } from "./plan.ts";
import { resolveRequest, type ResolvedTrend } from "./resolve-request.ts";
import { collectSeries, MOST_ROWS, type ResultRow, type Series } from "./series.ts";
import { groupedBy, trendStatement } from "./trend-sql.ts";
import type { BucketState, TrendAnswer, TrendRequest, TrendRow } from "./trend-request.ts";

/**
 * Answers how a metric changed over time: every bucket of the range, for every series, with its state; and the position of the log it was computed at.
 * @throws QueryError if the question cannot be answered as put: nothing was run then, unless the answer has too many rows
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function trend(clickhouse: ClickHouse, project: Project, request: TrendRequest): Promise<TrendAnswer> {
  const resolved = resolveRequest(project, request);
  checkFill(request, resolved);
  const now = parseMoment(request.now ?? new Date(), "now", resolved.timezone);
  const ingestedUntil = request.ingestedUntil && parseMoment(request.ingestedUntil, "ingestedUntil", resolved.timezone);
  // The watermark first: what it promises to be counted is there when the events are read.
  const [progress, plan] = await Promise.all([readProgress(clickhouse, request.asOf), planTrend(clickhouse, resolved, request)]);
  const statement = trendStatement(plan, resolved, MOST_ROWS + 1, request.asOf);
  const rows = await clickhouse.rows<ResultRow>({ ...statement, ...(request.signal ? { signal: request.signal } : {}) });
  const { measure } = plan.table;
  const starts = resolved.edges.slice(0, -1);
  const series = collectSeries(rows, groupedBy(plan.table, resolved), measure.outputs, starts);
  const filled = series.map(({ group, cells }) => ({
    group,
    cells: measure.outputs.map((output, index) => fillGaps(cells[index] ?? [], starts, request.fill, output.empty)),
  }));
  const knownTo = Math.min(now, ingestedUntil ?? progress.storedTo ?? -Infinity);
  const stateOf = (end: number): BucketState => bucketState(end, knownTo, durationMs(project.lateness) * 1_000);
  const outputs = measure.outputs.map(({ name }) => name);
  const { metric, from, to, grain, timezone, groupBy } = resolved;
  return {
    metric: metric.name,
    ...(metric.description === undefined ? {} : { description: metric.description }),
    ...(metric.unit === undefined ? {} : { unit: metric.unit }),
    from: new Date(from / 1_000),
    to: new Date(to / 1_000),
    grain,
    timezone,
    groupBy,
    outputs,
    rows: toRows(resolved, filled, outputs, stateOf),
    watermark: progress.watermark,
    source: plan.source,
  };
}

function toRows(
  { edges, from, to, groupBy }: ResolvedTrend,
  series: readonly Series[],
  outputs: readonly string[],
  stateOf: (end: number) => BucketState,
): TrendRow[] {
  const groups = series.map(({ group }) => Object.fromEntries(groupBy.map((ref, index) => [ref, group[index] ?? null])));
  return edges.slice(0, -1).flatMap((start, place) => {
    const end = edges[place + 1] ?? start;
    const bucket = { start: new Date(start / 1_000), end: new Date(end / 1_000), state: stateOf(end), partial: start < from || end > to };
    return series.map(({ cells }, index): TrendRow => {
      const values = Object.fromEntries(outputs.map((name, output) => [name, cells[output]?.[place] ?? null]));
      return { ...bucket, group: groups[index] ?? {}, values };
    });
  });
}

function checkFill({ fill }: TrendRequest, { metric }: ResolvedTrend): void {
  if (fill === undefined || fill === "none" || fill === "previous") return;
  if (fill !== "zero" && fill !== "linear")
    throw new QueryError(`There is no fill ${JSON.stringify(fill)}: write none, zero, previous or linear.`);
  const isText = measureSql(metric).outputs.some(({ type }) => type === "Nullable(String)");
  if (isText) throw new QueryError(`Fill "${fill}" needs numbers, and the values of "${metric.name}" are text: write none or previous.`);
}
