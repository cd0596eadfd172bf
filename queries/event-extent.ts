import type { ClickHouse } from "../clickhouse/index.ts";

/** Event times of the first and the last event: ISO 8601, UTC. */
export interface EventExtent {
  readonly first: string;
  readonly last: string;
}

/** Between which moments events lie; null without any. Reads one column of the whole table (about 0.3 s for 100 million events on 2 cores): for when a range turns out empty. */
export async function eventExtent(clickhouse: ClickHouse): Promise<EventExtent | null> {
  const [row] = await clickhouse.rows<{ events: string; first: string; last: string }>({
    name: "First and last event",
    sql: `SELECT count() AS events, formatDateTime(min(time), '%FT%TZ', 'UTC') AS first, formatDateTime(max(time), '%FT%TZ', 'UTC') AS last FROM events`,
  });
  return row === undefined || row.events === "0" ? null : { first: row.first, last: row.last };
}
