import type { BaseTable } from "../../clickhouse/index.ts";

/** A database that this version cannot migrate. The message is one sentence: what is in the way, and what to do. Nothing was changed. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/**
 * Refuses a table that stands under the name of ours without our columns. Columns of its own do no harm: inserts name theirs.
 * @throws MigrationError naming the first column that differs
 */
export function checkBaseTable(table: BaseTable, columns: ReadonlyMap<string, string>, database: string): void {
  for (const [name, type] of declaredColumns(table)) {
    const found = columns.get(name);
    if (found === type) continue;
    const what = found === undefined ? `has no column "${name}"` : `has the column "${name}" as ${found} instead of ${type}`;
    throw new MigrationError(
      `Table ${database}.${table.name} ${what}, so it was not made by this version of hydrograph: rename it, or use another database, and run "hydrograph migrate" again.`,
    );
  }
}

/** The columns that the statement of a base table declares: one a line, name then type, then COMMENT or CODEC. */
function declaredColumns({ create }: BaseTable): [name: string, type: string][] {
  const lines = create.split("\n").map((line) => /^ {4}([a-z_]+) (.+?)(?: COMMENT '.*| CODEC\(.*|,)?$/.exec(line));
  return lines.flatMap((match) => (match?.[1] && match[2] ? [[match[1], match[2]]] : []));
}
