import { identifier, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import { atEachGrain, type Metric } from "../../model/index.ts";
import { readInstalled } from "../rollups/installed.ts";
import { recordIncomplete } from "../rollups/rollup-ddl.ts";
import { RebuildError } from "./rebuild-error.ts";

/** What stands behind a metric in the database: one of its rollups. */
export interface RollupStatus {
  /** With the grain of this rollup. */
  readonly metric: Metric;
  readonly rollup: string;
  /** Whether trends read it. */
  readonly complete: boolean;
  /** Tables of former definitions of the metric, which are kept and fed, the oldest first. */
  readonly former: readonly string[];
}

/** Which rollups lack history, and which former ones stand beside them: one entry for each grain of each metric, the finest first. */
export async function rollupStatus(clickhouse: ClickHouse, metrics: readonly Metric[]): Promise<readonly RollupStatus[]> {
  const { tables, versions } = await readInstalled(clickhouse);
  return metrics.flatMap((declared) => {
    const each = atEachGrain(declared);
    const current = new Set(each.map((metric) => rollupTable(metric).name));
    const former = versions.filter(({ metric, rollup }) => metric === declared.name && !current.has(rollup) && tables.has(rollup));
    return each.map((metric) => {
      const { name, viewName } = rollupTable(metric);
      const isWhole = versions.some(({ complete, rollup }) => rollup === name && complete);
      return { metric, rollup: name, complete: isWhole && tables.has(viewName), former: former.map(({ rollup }) => rollup) };
    });
  });
}

/** Lets trends of a metric read the raw events instead of its rollup, which stays where it is: the way back when it is in doubt. */
export async function leaveToRawEvents(clickhouse: ClickHouse, metric: Metric): Promise<void> {
  await clickhouse.command({ name: `Leave ${metric.name} to the raw events`, sql: recordIncomplete(metric) });
}

/**
 * Drops what former definitions of a metric left: view first, so that no insert looks for its table.
 * @param metric as it is declared
 * @returns the tables dropped
 * @throws RebuildError if a rollup of the metric is not whole: a former one may be wanted back
 */
export async function forgetFormerVersions(clickhouse: ClickHouse, metric: Metric): Promise<readonly string[]> {
  const statuses = await rollupStatus(clickhouse, [metric]);
  const former = statuses[0]?.former ?? [];
  if (former.length > 0 && statuses.some(({ complete }) => !complete))
    throw new RebuildError(
      `The rollup of ${metric.name} is not whole yet: run "hydrograph rebuild ${metric.name}" first, then forget what was before.`,
    );
  for (const rollup of former) {
    await clickhouse.command({ name: `Drop the view of ${rollup}`, sql: `DROP VIEW IF EXISTS ${identifier(`${rollup}_view`)} SYNC` });
    await clickhouse.command({ name: `Drop ${rollup}`, sql: `DROP TABLE IF EXISTS ${identifier(rollup)} SYNC` });
  }
  return former;
}
