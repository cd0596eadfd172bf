import type { ClickHouse } from "../../clickhouse/index.ts";
import type { EventDefinition, FeatureSet } from "../../model/index.ts";
import type { CountedColumn } from "./counted-columns.ts";
import { HistoryFilling } from "./history-filling.ts";
import type { HistoryStart, KeptHistory } from "./history.ts";
import { ServingTables } from "./serving-tables.ts";

/**
 * Reads the events of one type into memory: those of entities with long histories also in tiles, so that an answer looks at a few tiles and at the events of those that an edge of a window cuts. All that an answer costs
 * more for a long history is the square root of its length.
 * @param columns what is measured over them
 */
export async function keptHistory(
  clickhouse: ClickHouse,
  set: FeatureSet,
  event: EventDefinition,
  columns: readonly CountedColumn[],
  start: HistoryStart,
): Promise<KeptHistory> {
  const tables = new ServingTables(clickhouse);
  try {
    const filling = new HistoryFilling(clickhouse, { set, event, columns, since: start.since });
    await filling.create(tables);
    await filling.setLongHistoriesApart(start);
    await filling.fill(start);
    return { event, ...filling.history(), add: (from, to) => filling.add(from, to), drop: () => tables.drop() };
  } catch (error) {
    await tables.drop().catch(() => {});
    throw error;
  }
}
