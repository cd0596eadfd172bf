import { literal, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";
import type { RebuildState } from "./rebuild-state.ts";

/** UUIDs of the tables that a rebuild is about. A table keeps its UUID when its name changes. */
export async function readTables(clickhouse: ClickHouse, metric: Metric): Promise<RebuildState["tables"]> {
  const { name, viewName } = rollupTable(metric);
  const rows = await clickhouse.rows<{ name: string; uuid: string }>({
    name: "Identity of the tables",
    sql: "SELECT name, toString(uuid) AS uuid FROM system.tables WHERE database = currentDatabase() AND name IN ({events:String}, {rollup:String}, {view:String})",
    params: { events: "events", rollup: name, view: viewName },
  });
  const uuids = new Map(rows.map((row) => [row.name, row.uuid]));
  return { events: uuids.get("events") ?? "", rollup: uuids.get(name) ?? "", view: uuids.get(viewName) ?? "" };
}

/** Whether the tables under their names are those that a rebuild is about; a scalar, so it is asked once a statement. */
export function sameTablesSql({ rollup, tables }: RebuildState): string {
  const pairs = [
    ["events", tables.events],
    [rollup, tables.rollup],
    [`${rollup}_view`, tables.view],
  ].map(([name = "", uuid = ""]) => `(${literal(name)}, ${literal(uuid)})`);
  return `(SELECT count() FROM system.tables WHERE database = currentDatabase() AND (name, toString(uuid)) IN (${pairs.join(", ")})) = 3`;
}
