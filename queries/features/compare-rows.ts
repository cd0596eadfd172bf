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

/** The columns of a training set that are compared, by their names. */
export interface ComparedColumns {
  readonly entity: readonly string[];
  readonly features: readonly string[];
}

/** Compares features row by row; both sides have as many rows. @returns those that differ, in the order given */
export async function compareRows(
  clickhouse: ClickHouse,
  before: ComparedTable,
  after: ComparedTable,
  { entity, features }: ComparedColumns,
): Promise<readonly ValueDifference[]> {
  if (features.length === 0) return [];
  const whose = (column: ComparedTable["column"]): string => entity.map((name) => `toString(${column(name)})`).join(", ");
  const side = ({ column, table }: ComparedTable): string => `(SELECT rowNumberInAllBlocks() + 1 AS place,
  concatWithSeparator(', ', ${whose(column)}) AS whose, toString(${column("time")}) AS at, ${features.map((name, index) => `${column(name)} AS v${index}`).join(", ")}
  FROM ${table})`;
  const counts = features.flatMap((_, index) => {
    const [was, is] = [`a.v${index}`, `b.v${index}`];
    const differs = `isNull(${was}) != isNull(${is}) OR ifNull(${was} != ${is}, false)`;
    return [
      `countIf(${differs}) AS rows_${index}`,
      `argMinIf((toString(place), whose, at, toString(${was}), toString(${is})), place, ${differs}) AS first_${index}`,
    ];
  });
  const [found] = await clickhouse.rows<Record<string, string | First>>({
    name: "Compare the features",
    sql: `SELECT ${counts.join(",\n  ")}\nFROM ${side(before)} AS a INNER JOIN ${side(after)} AS b ON a.place = b.place`,
    settings: IN_ORDER,
  });
  return features.flatMap((feature, index) => {
    const rows = Number(found?.[`rows_${index}`] ?? 0);
    const first = found?.[`first_${index}`];
    if (rows === 0 || typeof first !== "object") return [];
    const [row, who, time, left, right] = first;
    return [{ feature, rows, first: { row: Number(row), entity: who, time, before: left, after: right } }];
  });
}

type First = readonly [row: string, entity: string, time: string, before: string | null, after: string | null];

/** A table whose columns have the names that the file's have. */
export function namedTable(table: string): ComparedTable {
  return { table, column: identifier };
}
