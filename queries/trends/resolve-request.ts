import {
  adviseName,
  type Grain,
  longestMs,
  type Metric,
  parseGrain,
  type Present,
  type Project,
  type TimeRange,
  WEEKDAYS,
} from "../../model/index.ts";
import { checkAsOf } from "../as-of.ts";
import { resolveFilter, type ResolvedFilter } from "../filter/resolve-filter.ts";
import { QueryError } from "../query-error.ts";
import { resolvePresent, resolveRange } from "../resolve-range.ts";
import { askedMetrics, type AskedMetric } from "./asked-metric.ts";
import { counterparts, resolveComparison } from "./compare-period.ts";
import { frameOf, rangeStart, startsOf, type Frame } from "./frame.ts";
import { resolveGroups } from "./resolve-groups.ts";
import { checkValues, leadOf, modeOf, MOST_WINDOWED, type Mode } from "./resolve-values.ts";
import type { TrendRequest } from "./trend-request.ts";

/** A request that has been checked: it can be asked as it is. Times in microseconds since 1970. */
export interface ResolvedTrend {
  readonly metrics: readonly AskedMetric[];
  readonly present: Present;
  readonly grain: Grain;
  readonly frame: Frame;
  readonly compared: ResolvedComparison | undefined;
  readonly groupBy: readonly string[];
  /** Which groups get a series of their own; undefined = all. */
  readonly top: { readonly groups: number; readonly part: Part } | undefined;
  /** What has to be measured: each metric once for each mode. */
  readonly parts: readonly Part[];
  readonly request: TrendRequest;
}

/** The other period, and for each bucket of the range the place of its counterpart among the other's. */
export interface ResolvedComparison {
  readonly frame: Frame;
  readonly range: TimeRange;
  readonly counterparts: readonly (number | undefined)[];
}

/** One metric to be measured in one mode. */
export interface Part {
  readonly metric: Metric;
  readonly mode: Mode;
  readonly filters: readonly ResolvedFilter[];
}

/** Far more than a screen has pixels. */
const MOST_BUCKETS = 50_000;
/** Longest bucket, in milliseconds (50 years): edges stay exact integers of microseconds. */
const LONGEST_BUCKET = 50 * 367 * 86_400_000;
const GRAINS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/** Checks a request against the project. @throws QueryError: one sentence about the first thing that is wrong */
export function resolveRequest(project: Project, request: TrendRequest): ResolvedTrend {
  const metrics = askedMetrics(project, request.metric);
  const present = resolvePresent(request.timezone ?? project.timezone, request.now);
  const grain = resolveGrain(request.grain);
  const range = resolveRange(request, present);
  const { groupBy, top } = resolveGroups(project, metrics, request);
  checkAsOf(request.asOf, project, present);
  checkValues(metrics, request);
  const grid = { grain, timezone: present.timezone };
  const lead = leadOf(request);
  checkBuckets(range, grain, lead);
  const frame = frameOf(range, lead, grid);
  const buckets = frame.edges.length - 1;
  if (buckets > MOST_BUCKETS) throw tooMany(buckets);
  checkWindow(request, buckets);
  return {
    metrics,
    present,
    grain,
    frame,
    compared: request.compare === undefined ? undefined : comparison(request.compare, request.grain, frame, lead, grid),
    groupBy,
    top: top && { groups: top.groups, part: partOf(top.by, "bucket", request) },
    parts: partsToMeasure(metrics, request),
    request,
  };
}

function comparison(
  compare: string,
  grainText: string,
  frame: Frame,
  lead: number,
  grid: { readonly grain: Grain; readonly timezone: string },
): ResolvedComparison {
  const edges = frame.edges.slice(frame.lead);
  const { range, step } = resolveComparison(compare, { from: rangeStart(frame), to: frame.to }, { ...grid, grainText, edges });
  // Where the whole range falls into an hour that clocks skipped, there is nothing to compare with.
  const other = frameOf(range.from < range.to ? range : { from: range.from, to: range.from + 1 }, lead, grid);
  const starts = startsOf(other).slice(other.lead);
  const places = range.from < range.to ? counterparts(edges.slice(0, -1), starts, step, grid.grain, grid.timezone) : [];
  return { frame: other, range, counterparts: places };
}

function partsToMeasure(metrics: readonly AskedMetric[], request: TrendRequest): Part[] {
  const parts = new Map<string, Part>();
  for (const asked of metrics) {
    const mode = modeOf(asked, request.window);
    for (const metric of Object.values(asked.parts)) {
      const key = partKey(metric, mode);
      if (!parts.has(key)) parts.set(key, partOf(metric, mode, request));
    }
  }
  return [...parts.values()];
}

function partOf(metric: Metric, mode: Mode, { filter = {} }: TrendRequest): Part {
  return { metric, mode, filters: resolveFilter(metric.event, filter) };
}

/** Names a part among those of a request. */
export function partKey({ name }: Metric, mode: Mode): string {
  return `${mode} ${name}`;
}

function resolveGrain(text: string): Grain {
  const grain = typeof text === "string" ? parseGrain(text) : undefined;
  if (!grain) throw new QueryError(`There is no grain ${JSON.stringify(text)}: ${grainAdvice(text)}`);
  if (longestMs(grain) > LONGEST_BUCKET) throw new QueryError(`A bucket of ${text} is too long: 50 years are the most.`);
  return grain;
}

function grainAdvice(text: string): string {
  if (/^(\d+ )?weeks? from /.test(text)) return `a week begins on ${WEEKDAYS.join(", ")}, as in "week from sunday".`;
  return adviseName(text, GRAINS, 'write a length such as "5 minutes", "hour", "day", "week" or "month".');
}

/** Before any edge is computed: a range of a century in seconds would take all memory. */
function checkBuckets({ from, to }: TimeRange, grain: Grain, lead: number): void {
  const least = Math.ceil((to - from) / 1_000 / longestMs(grain)) + lead;
  if (least > MOST_BUCKETS) throw tooMany(least, "at least ");
}

function tooMany(buckets: number, about = ""): QueryError {
  const count = `${about}${buckets.toLocaleString("en")}`;
  return new QueryError(
    `The range has ${count} buckets, and ${MOST_BUCKETS.toLocaleString("en")} are the most: choose a coarser grain or a shorter range.`,
  );
}

function checkWindow({ window }: TrendRequest, buckets: number): void {
  if (!window) return;
  const merged = buckets * (window.kind === "cumulative" ? buckets / 2 : window.buckets);
  if (merged > MOST_WINDOWED) {
    throw new QueryError(
      `A ${window.kind} window over ${buckets.toLocaleString("en")} buckets puts ${Math.ceil(merged).toLocaleString("en")} together, and ${MOST_WINDOWED.toLocaleString("en")} are the most: choose a coarser grain or a shorter range or window.`,
    );
  }
}
