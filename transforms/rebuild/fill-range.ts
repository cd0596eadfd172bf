import { identifier, rollupColumns, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";
import { viewQuery } from "../rollups/rollup-ddl.ts";
import { behindFenceSql } from "./lane-fence.ts";
import { sameTablesSql } from "./same-tables.ts";
import type { RebuildState } from "./rebuild-state.ts";

/** One block, and so one part, whatever a range holds: it is in or it is not, and its token counts for all of it. */
const ONE_BLOCK = {
  async_insert: 0,
  insert_deduplicate: 1,
  max_insert_threads: "1",
  min_insert_block_size_rows: "1000000000000",
  min_insert_block_size_bytes: "1000000000000",
} as const;

/**
 * Adds the states of one range of event time, `[edges[index], edges[index + 1])`, once per token. The tables are the very ones that the fence was raised for: the statement
 * itself says so, as they could change places at any moment.
 */
export async function fillRange(clickhouse: ClickHouse, metric: Metric, state: RebuildState, index: number): Promise<void> {
  const table = rollupTable(metric);
  const [from, to] = [state.edges[index], state.edges[index + 1]];
  const within = `time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')`;
  const condition = `${within}\n  AND ${behindFenceSql(state.fence)}\n  AND ${sameTablesSql(state)}`;
  await clickhouse.command({
    name: `Fill ${table.name}`,
    sql: `INSERT INTO ${identifier(table.name)} (${rollupColumns(table).join(", ")})\n${viewQuery(metric, state.clone, condition)}`,
    params: { from, to },
    settings: { ...ONE_BLOCK, insert_deduplication_token: `rebuild/${state.attempt}/${index}` },
  });
}
