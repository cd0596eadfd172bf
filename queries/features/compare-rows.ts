import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { IN_ORDER } from "./spine-table.ts";

/** A feature whose values differ between two training sets of the same spine. */
export interface ValueDifference {
  readonly feature: string;
  /** Rows in which it does. */
  readonly rows: number;
  /** The first of them, from 1, and its values; null = missing. */
  readonly first: {
    readonly row: number;
    readonly entity: string;
    readonly time: string;
    readonly before: string | null;
    readonly after: string | null;
  };
}

/** A table with rows in order; the columns are named alike on both sides. */
export interface ComparedTable {
  readonly table: string;
  /** SQL of a column by its name. */
  readonly column: (name: string) => string;
}

/** Compares features row by row; both sides have as many rows. @returns those that differ, in the order given */
export async function compareRows(
  clickhouse: ClickHouse,
  before: ComparedTable,
  after: ComparedTable,
  features: readonly string[],
): Promise<readonly ValueDifference[]> {
  const differences: ValueDifference[] = [];
  for (const feature of features) {
    const side = ({ column, table }: ComparedTable): string =>
      `(SELECT rowNumberInAllBlocks() + 1 AS place, ${column("entity")} AS whose, ${column("time")} AS at, ${column(feature)} AS value FROM ${table})`;
    const [found] = await clickhouse.rows<{ rows: string; first: [string, string, string, string | null, string | null] }>({
      name: "Compare a feature",
      sql: `SELECT count() AS rows, argMin((toString(place), toString(a.whose), toString(a.at), toString(a.value), toString(b.value)), place) AS first
FROM ${side(before)} AS a INNER JOIN ${side(after)} AS b ON a.place = b.place
WHERE isNull(a.value) != isNull(b.value) OR ifNull(a.value != b.value, false)`,
      settings: IN_ORDER,
    });
    if (!found || Number(found.rows) === 0) continue;
    const [row, entity, time, left, right] = found.first;
    differences.push({ feature, rows: Number(found.rows), first: { row: Number(row), entity, time, before: left, after: right } });
  }
  return differences;
}

/** A table whose columns have the names that the file's have. */
export function namedTable(table: string): ComparedTable {
  return { table, column: identifier };
}
