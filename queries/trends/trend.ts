import { measureSql, type ClickHouse } from "../../clickhouse/index.ts";
import { durationMs, storedStreams, type Project, type Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { ledgerStreams, readIngestedUntil, readWatermark } from "../watermark.ts";
import { bucketState } from "./bucket-state.ts";
import { fillGaps } from "./fill.ts";
import { resolveMoment } from "./resolve-moment.ts";
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
  const now = resolveMoment(request.now ?? new Date(), "now", resolved.timezone);
  const ingestedUntil = request.ingestedUntil && resolveMoment(request.ingestedUntil, "ingestedUntil", resolved.timezone);
  // The watermark first: what it promises to be counted is there when the events are read.
  const [watermark, storedTo, plan] = await Promise.all([
    request.asOf ? knownWatermark(clickhouse, project, request.asOf) : readWatermark(clickhouse),
    readIngestedUntil(clickhouse, project.streams, request.asOf),
    planTrend(clickhouse, resolved, request),
  ]);
  const statement = trendStatement(plan, resolved, MOST_ROWS + 1, request.asOf);
  const rows = await clickhouse.rows<ResultRow>({ ...statement, ...(request.signal ? { signal: request.signal } : {}) });
  const { measure } = plan.table;
  const starts = resolved.edges.slice(0, -1);
  const series = collectSeries(rows, groupedBy(plan.table, resolved), measure.outputs, starts);
  const filled = series.map(({ group, cells }) => ({
    group,
    cells: measure.outputs.map((output, index) => fillGaps(cells[index] ?? [], starts, request.fill, output.empty)),
  }));
  const knownTo = Math.min(now, ingestedUntil ?? storedTo ?? -Infinity);
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
    watermark,
    source: plan.source,
  };
}

/** A watermark whose streams exist: in the project, or, renamed since, in the ledger. @throws QueryError about the first that is in neither */
async function knownWatermark(clickhouse: ClickHouse, { streams }: Project, asOf: Watermark): Promise<Watermark> {
  const declared = storedStreams(streams).map(({ name }) => name);
  const others = Object.keys(asOf).filter((stream) => !declared.includes(stream));
  const known = others.length === 0 ? [] : await ledgerStreams(clickhouse);
  const unknown = others.find((stream) => !known.includes(stream));
  if (unknown === undefined) return asOf;
  throw new QueryError(`"asOf" names the stream ${JSON.stringify(unknown)}, and the project has ${declared.join(", ")}.`);
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
