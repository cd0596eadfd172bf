import { gridEdges, isTimeZone, longestMs, parseGrain, type Grain, type Metric, type Project, type Watermark } from "../../model/index.ts";
import { nearestName } from "../nearest-name.ts";
import { QueryError } from "../query-error.ts";
import { checkDimension, dimensionFilter, type DimensionFilter } from "./dimension-filter.ts";
import { resolveMoment } from "./resolve-moment.ts";
import type { TrendRequest } from "./trend-request.ts";

/** A request that has been checked: it can be asked as it is. Times in microseconds since 1970. */
export interface ResolvedTrend {
  readonly metric: Metric;
  readonly from: number;
  readonly to: number;
  readonly grain: string;
  readonly timezone: string;
  /** Edges of the buckets that meet the range. */
  readonly edges: readonly number[];
  readonly groupBy: readonly string[];
  readonly filters: readonly DimensionFilter[];
}

/** Far more than a screen has pixels. */
const MOST_BUCKETS = 50_000;
/** Longest bucket, in milliseconds (50 years): edges stay exact integers of microseconds. */
const LONGEST_BUCKET = 50 * 367 * 86_400_000;
const GRAINS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/** Checks a request against the project. @throws QueryError: one sentence about the first thing that is wrong */
export function resolveRequest(project: Project, request: TrendRequest): ResolvedTrend {
  const metric = typeof request.metric === "string" ? findMetric(project, request.metric) : request.metric;
  const timezone = request.timezone ?? project.timezone;
  if (!isTimeZone(timezone))
    throw new QueryError(`There is no time zone ${JSON.stringify(timezone)}: write an IANA name such as "Europe/Berlin".`);
  const grain = resolveGrain(request.grain);
  const from = resolveMoment(request.from, "from", timezone);
  const to = resolveMoment(request.to, "to", timezone);
  if (to <= from) throw new QueryError(`"to" must lie after "from": the range is half-open, [from, to).`);
  const groupBy = request.groupBy ?? [];
  for (const [index, ref] of groupBy.entries()) {
    checkDimension(metric, ref);
    if (groupBy.indexOf(ref) < index) throw new QueryError(`"${ref}" is grouped by twice.`);
  }
  checkWatermark(request.asOf ?? {});
  const filters = Object.entries(request.filter ?? {}).map(([ref, values]) => dimensionFilter(metric, ref, values));
  return { metric, from, to, grain: request.grain, timezone, edges: resolveEdges(from, to, grain, timezone), groupBy, filters };
}

function findMetric(project: Project, name: string): Metric {
  const found = project.metrics.find((metric) => metric.name === name);
  if (found) return found;
  const names = project.metrics.map((metric) => metric.name);
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `the project "${project.name}" has ${names.join(", ") || "none"}.` : `did you mean "${nearest}"?`;
  throw new QueryError(`There is no metric "${name}": ${advice}`);
}

function resolveGrain(text: string): Grain {
  const grain = parseGrain(text);
  if (!grain) {
    const nearest = nearestName(text, GRAINS);
    const advice =
      nearest === undefined ? 'write a length such as "5 minutes", "hour", "day", "week" or "month"' : `did you mean "${nearest}"`;
    throw new QueryError(`There is no grain ${JSON.stringify(text)}: ${advice}${nearest === undefined ? "." : "?"}`);
  }
  if (longestMs(grain) > LONGEST_BUCKET) throw new QueryError(`A bucket of ${text} is too long: 50 years are the most.`);
  return grain;
}

function checkWatermark(asOf: Watermark): void {
  for (const [stream, { epoch, seq }] of Object.entries(asOf)) {
    const isPosition = [epoch, seq].every((number) => Number.isSafeInteger(number) && number >= 0);
    if (!isPosition) throw new QueryError(`"asOf" has no position of stream ${stream}: epoch and seq must be whole numbers from 0.`);
  }
}

function resolveEdges(from: number, to: number, grain: Grain, timezone: string): number[] {
  const least = (to - from) / 1_000 / longestMs(grain);
  const edges = least > MOST_BUCKETS ? undefined : gridEdges({ from, to, grain, timezone });
  if (edges && edges.length - 1 <= MOST_BUCKETS) return edges;
  const count = (edges ? edges.length - 1 : Math.ceil(least)).toLocaleString("en");
  throw new QueryError(
    `The range has ${edges ? "" : "at least "}${count} buckets, and ${MOST_BUCKETS.toLocaleString("en")} are the most: choose a coarser grain or a shorter range.`,
  );
}
