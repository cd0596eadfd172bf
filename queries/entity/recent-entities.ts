import type { ClickHouse } from "../../clickhouse/index.ts";
import { Bindings } from "../bindings.ts";
import { readWatermark } from "../watermark.ts";

/** An entity that something happened to lately. */
export interface RecentEntity {
  readonly entity: string;
  /** Of its last event among those looked at, and how many they are. */
  readonly type: string;
  readonly events: number;
}

/** Messages at the end of each stream that are looked at: a few granules, found by the index on `seq`, whatever the size of the table. */
const LOOK_BACK = 2_000;

/** Entities of the newest messages of each stream, those of the latest event first: where to begin to look. */
export async function recentEntities(clickhouse: ClickHouse, limit = 20): Promise<readonly RecentEntity[]> {
  const lanes = Object.entries(await readWatermark(clickhouse));
  if (lanes.length === 0) return [];
  const bindings = new Bindings();
  const newest = lanes.map(([stream, { epoch, seq }]) => {
    const position = `stream = ${bindings.bind("String", stream)} AND epoch = ${bindings.bind("UInt64", epoch)}`;
    return `(${position} AND seq > ${bindings.bind("UInt64", Math.max(0, seq - LOOK_BACK))})`;
  });
  const rows = await clickhouse.rows<{ entity: string; type: string; events: string }>({
    name: "Recent entities",
    sql: `SELECT subject AS entity, argMax(events.type, (stored_at, seq, idx)) AS type, count() AS events
FROM events WHERE subject != '' AND (${newest.join(" OR ")})
GROUP BY subject ORDER BY max((stored_at, seq)) DESC LIMIT ${bindings.bind("UInt64", limit)}`,
    params: bindings.params,
  });
  return rows.map((row) => ({ ...row, events: Number(row.events) }));
}
