import type { ClickHouse } from "../../clickhouse/index.ts";

/** What the database holds before a migration. */
export interface Installed {
  /** Whether the database itself exists. */
  readonly database: boolean;
  /** Table or view -> column -> ClickHouse type. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly versions: readonly RollupVersion[];
}

/** A row of `rollup_versions`. */
export interface RollupVersion {
  readonly metric: string;
  readonly rollup: string;
  readonly complete: boolean;
}

/** Looks at the database of a connection, which need not exist yet. */
export async function readInstalled(clickhouse: ClickHouse): Promise<Installed> {
  const system = clickhouse.inDatabase("system");
  const params = { database: clickhouse.database };
  try {
    const databases = await system.rows({
      name: "Look for the database",
      sql: "SELECT name FROM system.databases WHERE name = {database:String}",
      params,
    });
    const columns = await system.rows<{ table: string; name: string; type: string }>({
      name: "Read the columns of the tables",
      sql: "SELECT table, name, type FROM system.columns WHERE database = {database:String} ORDER BY table, position",
      params,
    });
    const tables = new Map<string, Map<string, string>>();
    for (const { table, name, type } of columns) tables.set(table, (tables.get(table) ?? new Map<string, string>()).set(name, type));
    return { database: databases.length > 0, tables, versions: tables.has("rollup_versions") ? await readVersions(clickhouse) : [] };
  } finally {
    await system.close();
  }
}

async function readVersions(clickhouse: ClickHouse): Promise<RollupVersion[]> {
  return clickhouse.rows<RollupVersion>({
    name: "Read the versions of the rollups",
    sql: "SELECT metric, rollup, complete FROM rollup_versions FINAL ORDER BY metric, changed_at, rollup",
  });
}
