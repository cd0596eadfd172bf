import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";

/** How the events are cut. */
export interface Ranges {
  /** Events of the metric's type in the copy. */
  readonly events: number;
  /** n + 1 edges of event time for n ranges, microseconds since 1970; none if there are no events. */
  readonly edges: readonly number[];
}

/** How large a range may be. */
interface Cut {
  readonly eventsARange?: number | undefined;
  /** Events a second, if it is to be slowed. */
  readonly rate?: number | undefined;
}

/** A range of so many events is filled in within a second or two, from one stretch of each part of the table, and its states fit in memory. */
const EVENTS_A_RANGE = 1_000_000;
/** A tenth of the tokens that a table remembers. */
const MOST_RANGES = 1_000;
/** Of a slowed rebuild, a range lasts about so many seconds. */
const SECONDS_A_RANGE = 2;

/**
 * Cuts the events of a metric into ranges of event time with about as many events each: the order of `events` is (type, time), so each column is read once in all.
 * Edges come from a sample; that they are kept matters, not where they lie.
 */
export async function planRanges(
  clickhouse: ClickHouse,
  metric: Metric,
  clone: string,
  { eventsARange = EVENTS_A_RANGE, rate }: Cut,
): Promise<Ranges> {
  const [extent] = await clickhouse.rows<{ events: string; first: string; last: string }>({
    name: "Count the events",
    sql: `SELECT count() AS events, min(toUnixTimestamp64Micro(time)) AS first, max(toUnixTimestamp64Micro(time)) AS last
          FROM ${identifier(clone)} WHERE type = {type:String}`,
    params: { type: metric.event.type },
  });
  const events = Number(extent?.events ?? 0);
  if (!extent || events === 0) return { events: 0, edges: [] };
  const wanted = rate === undefined ? eventsARange : Math.min(eventsARange, rate * SECONDS_A_RANGE);
  const count = Math.min(MOST_RANGES, Math.ceil(events / wanted));
  const inner = count < 2 ? [] : await quantilesOfTime(clickhouse, metric, clone, count);
  const [first, end] = [Number(extent.first), Number(extent.last) + 1];
  const edges = [...new Set([first, ...inner.filter((edge) => edge > first && edge < end), end])];
  return { events, edges: edges.sort((a, b) => a - b) };
}

async function quantilesOfTime(clickhouse: ClickHouse, metric: Metric, clone: string, count: number): Promise<number[]> {
  const levels = Array.from({ length: count - 1 }, (_, index) => ((index + 1) / count).toFixed(6));
  const [row] = await clickhouse.rows<{ edges: number[] }>({
    name: "Cut the events into ranges",
    sql: `SELECT arrayMap(edge -> toInt64(edge), quantiles(${levels.join(", ")})(toUnixTimestamp64Micro(time))) AS edges
          FROM ${identifier(clone)} WHERE type = {type:String}`,
    params: { type: metric.event.type },
    mayTakeLong: true,
  });
  return (row?.edges ?? []).map(Number);
}
