import { rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";

/** Of each rollup, by its table's name, what keeps it from being read; undefined = nothing does. */
export type RollupStates = ReadonlyMap<string, string | undefined>;

/**
 * Asks for several rollups at once whether they hold the whole history and are still fed. A rollup without its view misses events from now on, so both are asked for.
 * @param metrics none = nothing is asked
 */
export async function readRollupStates(clickhouse: ClickHouse, metrics: readonly Metric[], signal?: AbortSignal): Promise<RollupStates> {
  if (metrics.length === 0) return new Map();
  const tables = distinct(metrics.map((metric) => ({ ...rollupTable(metric), metric: metric.name })));
  const found = await clickhouse.rows<{ rollup: string; complete: boolean | number }>({
    name: "Look for the rollups",
    sql: `SELECT rollup, complete FROM rollup_versions FINAL WHERE rollup IN {rollups:Array(String)}
UNION ALL SELECT name AS rollup, true AS complete FROM system.tables WHERE database = currentDatabase() AND name IN {views:Array(String)}`,
    params: { rollups: tables.map(({ name }) => name), views: tables.map(({ viewName }) => viewName) },
    ...(signal ? { signal } : {}),
  });
  const known = new Map(found.map(({ complete, rollup }) => [rollup, Boolean(complete)]));
  return new Map(tables.map((table) => [table.name, whyNotComplete(table, known)]));
}

function distinct<Table extends { readonly name: string }>(tables: readonly Table[]): readonly Table[] {
  return [...new Map(tables.map((table) => [table.name, table])).values()];
}

function whyNotComplete(
  { metric, name, viewName }: { readonly metric: string; readonly name: string; readonly viewName: string },
  known: ReadonlyMap<string, boolean>,
): string | undefined {
  const complete = known.get(name);
  if (complete === undefined) return `There is no rollup ${name} yet: "hydrograph migrate" makes it.`;
  if (!complete) return `The rollup ${name} lacks events from before it was made: "hydrograph rebuild ${metric}" fills it.`;
  return known.has(viewName) ? undefined : `The view that feeds ${name} is gone: "hydrograph migrate" makes it again.`;
}
