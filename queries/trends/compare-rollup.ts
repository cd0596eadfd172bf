import { setTimeout as sleep } from "node:timers/promises";
import { rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import { atEachGrain, type Metric, type Project } from "../../model/index.ts";
import { eventExtent } from "../event-extent.ts";
import { trend } from "./trend.ts";
import type { TrendAnswer, TrendValue } from "./trend-answer.ts";

/** A bucket in which a rollup and the raw events disagree. */
export interface RollupDifference {
  /** The bucket `[start, end)`. */
  readonly start: Date;
  readonly end: Date;
  /** Name of the value: "value", or "p50", "p95" … */
  readonly output: string;
  readonly rollup: TrendValue;
  readonly raw: TrendValue;
}

/** How a rollup compares with the raw events, bucket by bucket. */
export interface RollupComparison {
  readonly metric: string;
  /** Its table. */
  readonly rollup: string;
  /** Whether trends read the rollup at all; false = it lacks history, so there is nothing to compare. */
  readonly read: boolean;
  /** Days of UTC, or months where the events lie over many years. */
  readonly grain: string;
  readonly buckets: number;
  readonly differences: readonly RollupDifference[];
}

const DAY_MS = 86_400_000;
/** More days than this are compared by month: 50,000 buckets are the most of a trend. */
const MOST_DAYS = 40_000;
/** An event may be in `events` and not in its rollup yet, or one answer be of a moment later: what is wrong stays wrong. */
const LOOKS = 4;
const WAIT_MS = 250;

/**
 * Compares the rollup of a metric with the raw events over all of history, while ingest goes on. Quantiles and distinct values by sketch depend on the order in which states are merged
 * within their stated accuracy, which counts as equal.
 * @param metric the rollup of its `grain` alone is compared
 * @throws QueryError if the history is too long for one answer
 */
export async function compareRollup(clickhouse: ClickHouse, project: Project, metric: Metric): Promise<RollupComparison> {
  const extent = await eventExtent(clickhouse);
  const [finest = metric] = atEachGrain(metric);
  const named = { metric: metric.name, rollup: rollupTable(metric).name };
  if (!extent) return { ...named, read: true, grain: "day", buckets: 0, differences: [] };
  const [from, last] = [new Date(extent.first), new Date(Date.parse(extent.last) + 1_000)];
  const grain = (last.getTime() - from.getTime()) / DAY_MS > MOST_DAYS ? "month" : "day";
  for (let look = 1; ; look += 1) {
    const ask = (source: "auto" | "raw"): Promise<TrendAnswer> =>
      trend(clickhouse, project, { metric: finest, from, to: last, grain, timezone: "UTC", source });
    const [rolled, raw] = [await ask("auto"), await ask("raw")];
    const differences = differencesOf(rolled, raw, metric);
    const read = rolled.sources.every(({ kind }) => kind !== "raw");
    if (differences.length === 0 || look === LOOKS) return { ...named, read, grain, buckets: raw.rows.length, differences };
    await sleep(WAIT_MS);
  }
}

function differencesOf(rolled: TrendAnswer, raw: TrendAnswer, metric: Metric): RollupDifference[] {
  return raw.rows.flatMap(({ end, start, values }, index) =>
    raw.outputs.flatMap((output) => {
      const [there, here] = [values[output] ?? null, rolled.rows[index]?.values[output] ?? null];
      return isEqual(there, here, metric) ? [] : [{ start, end, output, rollup: here, raw: there }];
    }),
  );
}

/** How far a sketch of distinct values may be off, relative: three times what it usually is (docs/definitions.md). */
const UNIQ_ACCURACY = 0.01;

function isEqual(one: TrendValue, other: TrendValue, { measure }: Metric): boolean {
  if (one === other) return true;
  if (typeof one !== "number" || typeof other !== "number") return false;
  const accuracy = measure.kind === "quantiles" ? measure.accuracy : measure.kind === "uniq" && !measure.exact ? UNIQ_ACCURACY : 0;
  // Each of the two may be off.
  return Math.abs(one - other) <= 2 * accuracy * Math.max(Math.abs(one), Math.abs(other));
}
