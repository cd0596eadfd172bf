import { rollupTable, type ClickHouse, type DimensionColumn } from "../../clickhouse/index.ts";
import { isTimeZone, type Metric, type Project, type Watermark } from "../../model/index.ts";
import { nearestName } from "../nearest-name.ts";
import { QueryError } from "../query-error.ts";
import { checkDimension, dimensionFilter, filterSql, readDimension } from "../trends/dimension-filter.ts";
import { resolveMoment } from "../trends/resolve-moment.ts";
import type { DimensionValue, Moment, TrendRequest } from "../trends/trend-request.ts";
import { atOrBefore, readWatermark } from "../watermark.ts";
import { rankMovers, type Mover } from "./rank-movers.ts";

/** Which values of dimensions made a metric change from one period to another. */
export interface MoversRequest extends Pick<TrendRequest, "from" | "to" | "timezone" | "filter" | "asOf" | "signal"> {
  /** A metric of the project, or its name. Its values must be numbers. */
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
  readonly timezone: string;
  readonly now: Span;
  readonly before: Span;
}

interface Span {
  readonly from: number;
  readonly to: number;
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
  const { before, metric, now, timezone } = resolved;
  const watermark = request.asOf ?? (await readWatermark(clickhouse));
  const [groups, totals] = await Promise.all([
    readGroups(clickhouse, resolved, request, watermark, request.groupBy),
    readGroups(clickhouse, resolved, request, watermark, []),
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
    timezone,
    watermark,
  };
}

function resolve(project: Project, request: MoversRequest): Resolved {
  const metric = typeof request.metric === "string" ? findMetric(project, request.metric) : request.metric;
  if (rollupTable(metric).measure.outputs.some(({ type }) => type === "Nullable(String)"))
    throw new QueryError(`The values of "${metric.name}" are text, and only numbers move.`);
  const timezone = request.timezone ?? project.timezone;
  if (!isTimeZone(timezone))
    throw new QueryError(`There is no time zone ${JSON.stringify(timezone)}: write an IANA name such as "Europe/Berlin".`);
  if (request.groupBy.length === 0) throw new QueryError("Name at least one dimension to tell groups apart by.");
  for (const ref of request.groupBy) checkDimension(metric, ref);
  const now = span(request, "", timezone);
  const before = request.before ? span(request.before, "before.", timezone) : { from: 2 * now.from - now.to, to: now.from };
  if (before.from < now.to && before.to > now.from) throw new QueryError("The two periods overlap: an event would count in both.");
  return { metric, timezone, now, before };
}

function span({ from, to }: { readonly from: Moment; readonly to: Moment }, prefix: string, timezone: string): Span {
  const resolved = { from: resolveMoment(from, `${prefix}from`, timezone), to: resolveMoment(to, `${prefix}to`, timezone) };
  if (resolved.to <= resolved.from) throw new QueryError(`"${prefix}to" must lie after "${prefix}from": ranges are half-open, [from, to).`);
  return resolved;
}

function findMetric(project: Project, name: string): Metric {
  const found = project.metrics.find((metric) => metric.name === name);
  if (found) return found;
  const names = project.metrics.map((metric) => metric.name);
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `the project "${project.name}" has ${names.join(", ") || "none"}.` : `did you mean "${nearest}"?`;
  throw new QueryError(`There is no metric "${name}": ${advice}`);
}

/** Whether a row lies in a period, whose ends are bound under its name. */
function within(name: "now" | "before"): string {
  return `(time >= fromUnixTimestamp64Micro({${name}_from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({${name}_to:Int64}, 'UTC'))`;
}

/** The measure of each group in each period; of quantiles the first level. */
async function readGroups(
  clickhouse: ClickHouse,
  { before, metric, now }: Resolved,
  request: MoversRequest,
  watermark: Watermark,
  groupBy: readonly string[],
): Promise<{ group: Record<string, DimensionValue>; before: number | null; now: number | null }[]> {
  const table = rollupTable(metric);
  const columnOf = (ref: string): DimensionColumn[] => table.dimensions.filter((dimension) => dimension.ref === ref);
  const groups = groupBy.flatMap(columnOf);
  const [output] = table.measure.outputs;
  const filters = Object.entries(request.filter ?? {}).map(([ref, wanted]) => dimensionFilter(metric, ref, wanted));
  const position = atOrBefore(watermark);
  const conditions = [
    "type = {type:String}",
    `(${within("now")} OR ${within("before")})`,
    ...filters.flatMap((filter, index) => columnOf(filter.ref).map(({ expression }) => filterSql(filter, expression, `filter_${index}`))),
    position.sql,
  ];
  const keys = [`${within("now")} AS is_now`, ...groups.map(({ expression }, index) => `${expression} AS g${index}`)];
  const rows = await clickhouse.rows<Row>({
    name: `Movers of ${metric.name}`,
    sql: `SELECT ${[...keys, `${output?.raw ?? "count()"} AS v`].join(", ")}\nFROM events WHERE ${conditions.join(" AND ")}
      GROUP BY ${keys.map((_, index) => index + 1).join(", ")} LIMIT {limit:UInt64}`,
    params: {
      type: metric.event.type,
      now_from: now.from,
      now_to: now.to,
      before_from: before.from,
      before_to: before.to,
      limit: 2 * MOST_GROUPS + 1,
      ...position.params,
      ...Object.fromEntries(filters.map(({ values }, index) => [`filter_${index}`, values])),
    },
    settings: { prefer_column_name_to_alias: 1 },
    ...(request.signal ? { signal: request.signal } : {}),
  });
  if (rows.length > 2 * MOST_GROUPS)
    throw new QueryError(`There are over ${MOST_GROUPS.toLocaleString("en")} groups: filter them, or group by fewer dimensions.`);
  return pairUp(rows, groupBy, groups, output?.empty ?? null);
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
