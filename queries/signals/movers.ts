import { fieldSql, rollupTable, type ClickHouse, type DimensionColumn, type Statement } from "../../clickhouse/index.ts";
import {
  type DimensionValue,
  isDerived,
  type Metric,
  type Present,
  type Project,
  type TimeRange,
  type Watermark,
} from "../../model/index.ts";
import { checkAsOf } from "../as-of.ts";
import { Bindings } from "../bindings.ts";
import { filterSql } from "../filter/filter-sql.ts";
import { resolveFilter, type ResolvedFilter } from "../filter/resolve-filter.ts";
import { QueryError } from "../query-error.ts";
import { readDimension } from "../read-dimension.ts";
import { resolveMoment, type Moment } from "../resolve-moment.ts";
import { resolvePresent, resolveRange } from "../resolve-range.ts";
import { takeSnapshot } from "../snapshot.ts";
import { findMetric } from "../trends/asked-metric.ts";
import { checkDimension } from "../trends/resolve-groups.ts";
import { groupedBy } from "../trends/states-sql.ts";
import type { TrendRequest } from "../trends/trend-request.ts";
import { atOrBefore } from "../watermark.ts";
import { rankMovers, type GroupPair, type Mover } from "./rank-movers.ts";

/** Which values of dimensions made a metric change from one period to another. */
export interface MoversRequest extends Pick<TrendRequest, "from" | "to" | "range" | "timezone" | "filter" | "asOf" | "now" | "signal"> {
  /** A metric that is measured, of the project, or its name. Its values must be numbers. */
  readonly metric: string | Metric;
  /** Dimensions of the metric: each combination of their values is a group. */
  readonly groupBy: readonly string[];
  /** The period to compare `[from, to)` with; default: as long, right before. */
  readonly before?: { readonly from: Moment; readonly to: Moment };
  /** Groups to show, those that moved most. Default 20. */
  readonly limit?: number;
}

/** What moved. */
export interface MoversAnswer {
  readonly metric: string;
  readonly output: string;
  readonly groupBy: readonly string[];
  readonly from: Date;
  readonly to: Date;
  readonly before: { readonly from: Date; readonly to: Date };
  /** The metric over all groups: before, now, and the difference. Null where a period has no value. */
  readonly total: { readonly before: number | null; readonly now: number | null; readonly difference: number | null };
  /** Whether the groups' differences add up to the total's (count and sum): only then they have a contribution. */
  readonly adds: boolean;
  /** Groups that either period has, those that moved most first. */
  readonly movers: readonly Mover[];
  /** Groups that are not shown, and what their differences add up to (null if the metric does not add up). */
  readonly others: { readonly groups: number; readonly difference: number | null };
  readonly timezone: string;
  readonly watermark: Watermark;
}

/** A question that has been checked; times in microseconds since 1970. */
interface Resolved {
  readonly metric: Metric;
  readonly present: Present;
  readonly filters: readonly ResolvedFilter[];
  readonly now: TimeRange;
  readonly before: TimeRange;
}

type Row = Readonly<Record<string, DimensionValue>>;

const MOST_GROUPS = 100_000;

/**
 * Compares two periods group by group, from the raw events: each value is the measure over the group's events of the period, so that distinct values are counted once and quantiles are those of the period.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function movers(clickhouse: ClickHouse, project: Project, request: MoversRequest): Promise<MoversAnswer> {
  const resolved = resolve(project, request);
  const { before, metric, now, present } = resolved;
  const { watermark } = await takeSnapshot(clickhouse, project, request, present);
  const [groups, totals] = await Promise.all([
    readGroups(clickhouse, resolved, watermark, request.groupBy, request.signal),
    readGroups(clickhouse, resolved, watermark, [], request.signal),
  ]);
  const { measure } = rollupTable(metric);
  const [output] = measure.outputs;
  const adds = metric.measure.kind === "count" || metric.measure.kind === "sum";
  const empty = output?.empty ?? null;
  const total = totals[0] ?? { group: {}, before: empty, now: empty };
  return {
    metric: metric.name,
    output: output?.name ?? "value",
    groupBy: request.groupBy,
    from: new Date(now.from / 1_000),
    to: new Date(now.to / 1_000),
    before: { from: new Date(before.from / 1_000), to: new Date(before.to / 1_000) },
    adds,
    ...rankMovers(groups, total, adds, request.limit ?? 20),
    timezone: present.timezone,
    watermark,
  };
}

function resolve(project: Project, request: MoversRequest): Resolved {
  const metric = findMetric(project, request.metric);
  if (isDerived(metric))
    throw new QueryError(
      `"${metric.name}" is worked out from other metrics, and groups move in those that are measured: name one of them.`,
    );
  if (rollupTable(metric).measure.outputs.some(({ type }) => type === "Nullable(String)"))
    throw new QueryError(`The values of "${metric.name}" are text, and only numbers move.`);
  const present = resolvePresent(request.timezone ?? project.timezone, request.now);
  if (request.groupBy.length === 0) throw new QueryError("Name at least one dimension to tell groups apart by.");
  for (const ref of request.groupBy) checkDimension(metric, ref);
  checkAsOf(request.asOf, project, present);
  const now = resolveRange(request, present);
  const before = request.before ? spanBefore(request.before, present) : { from: 2 * now.from - now.to, to: now.from };
  if (before.from < now.to && before.to > now.from) throw new QueryError("The two periods overlap: an event would count in both.");
  return { metric, present, filters: resolveFilter(metric.event, request.filter ?? {}), now, before };
}

function spanBefore({ from, to }: NonNullable<MoversRequest["before"]>, present: Present): TimeRange {
  const span = { from: resolveMoment(from, "before.from", present), to: resolveMoment(to, "before.to", present) };
  if (span.to <= span.from) throw new QueryError('"before.to" must lie after "before.from": ranges are half-open, [from, to).');
  return span;
}

/** The measure of each group in each period; of quantiles the first level. */
async function readGroups(
  clickhouse: ClickHouse,
  resolved: Resolved,
  watermark: Watermark,
  groupBy: readonly string[],
  signal: AbortSignal | undefined,
): Promise<GroupPair[]> {
  const table = rollupTable(resolved.metric);
  const groups = groupedBy(table, groupBy);
  const statement = groupsStatement(resolved, watermark, groups);
  const rows = await clickhouse.rows<Row>({ ...statement, ...(signal ? { signal } : {}) });
  const [output] = table.measure.outputs;
  if (rows.length > 2 * MOST_GROUPS)
    throw new QueryError(`There are over ${MOST_GROUPS.toLocaleString("en")} groups: filter them, or group by fewer dimensions.`);
  return pairUp(rows, groupBy, groups, output?.empty ?? null);
}

/** A row for each period and group that has events. */
function groupsStatement({ before, filters, metric, now }: Resolved, watermark: Watermark, groups: readonly DimensionColumn[]): Statement {
  const bindings = new Bindings();
  const within = ({ from, to }: TimeRange): string => `(time >= ${bindings.moment(Math.max(0, from))} AND time < ${bindings.moment(to)})`;
  const [output] = rollupTable(metric).measure.outputs;
  const conditions = [
    `type = ${bindings.bind("String", metric.event.type)}`,
    `(${within(now)} OR ${within(before)})`,
    ...filters.map((filter) => filterSql(filter, fieldSql(filter.field).expression, bindings)),
    atOrBefore(watermark, bindings),
  ];
  const keys = [`${within(now)} AS is_now`, ...groups.map(({ expression }, index) => `${expression} AS g${index}`)];
  return {
    name: `Movers of ${metric.name}`,
    sql: `SELECT ${[...keys, `${output?.raw ?? "count()"} AS v`].join(", ")}\nFROM events WHERE ${conditions.join(" AND ")}
      GROUP BY ${keys.map((_, index) => index + 1).join(", ")} LIMIT ${bindings.bind("UInt64", 2 * MOST_GROUPS + 1)}`,
    params: bindings.params,
    settings: { prefer_column_name_to_alias: 1 },
  };
}

/** Puts the two periods of a group together; a period without events of it has what the measure shows then. */
function pairUp(
  rows: readonly Row[],
  groupBy: readonly string[],
  columns: readonly DimensionColumn[],
  empty: 0 | null,
): { group: Record<string, DimensionValue>; before: number | null; now: number | null }[] {
  const found = new Map<string, { group: Record<string, DimensionValue>; before: number | null; now: number | null }>();
  for (const row of rows) {
    const values = columns.map((column, index) => readDimension(column, row[`g${index}`] ?? null));
    const key = JSON.stringify(values);
    const pair = found.get(key) ?? {
      group: Object.fromEntries(groupBy.map((ref, index) => [ref, values[index] ?? null])),
      before: empty,
      now: empty,
    };
    const value = row["v"] === null || row["v"] === undefined ? empty : Number(row["v"]);
    if (Number(row["is_now"]) === 1) pair.now = value;
    else pair.before = value;
    found.set(key, pair);
  }
  return [...found.values()];
}
