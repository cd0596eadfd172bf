import type { ClickHouse } from "../connect.ts";
import { BASE_TABLES } from "../schema/base-tables.ts";

/** A table into which ingest inserts, itself or through a view, and the settings of it that promises depend on. */
export interface TableFacts {
  readonly name: string;
  readonly engine: string;
  /** Views that write into it; none = a base table. */
  readonly views: readonly string[];
  /** The setting that says how many inserts it remembers by token, and its value; undefined = it has no such memory that can be seen from here. */
  readonly window: { readonly setting: string; readonly inserts: number } | undefined;
  /** Whether an insert is on the disk before it is acknowledged. */
  readonly fsync: boolean;
  /** Active parts of a partition at which inserts are slowed down, and at which they are refused. */
  readonly partsToDelay: number;
  readonly partsToThrow: number;
}

interface Row {
  readonly name: string;
  readonly uuid: string;
  readonly engine: string;
  readonly engine_full: string;
  readonly create_table_query: string;
  readonly dependencies_database: readonly string[];
  readonly dependencies_table: readonly string[];
}

/**
 * Looks at the base tables that ingest writes to and at the targets of every view behind them, ours or not: a repeated insert is dropped by those that remember its
 * token, and doubled in the others. A setting that a table does not have is the server's.
 * @throws ClickHouseFailure
 */
export async function inspectTables(clickhouse: ClickHouse): Promise<readonly TableFacts[]> {
  const defaults = await readDefaults(clickhouse);
  const rows = await clickhouse.rows<Row>({
    name: "Tables and views",
    sql: `SELECT name, uuid, engine, engine_full, create_table_query, dependencies_database, dependencies_table
          FROM system.tables WHERE database = currentDatabase() ORDER BY name`,
  });
  const byName = new Map(rows.map((row) => [row.name, row]));
  const bases = BASE_TABLES.flatMap(({ name }) => byName.get(name) ?? []);
  const targets = new Map<string, string[]>();
  for (const { dependencies_database: databases, dependencies_table: views } of bases) {
    for (const [index, view] of views.entries()) {
      const isHere = databases[index] === clickhouse.database;
      const target = isHere ? targetOf(byName.get(view)) : undefined;
      const name = target ?? `the target of ${databases[index]}.${view}`;
      targets.set(name, [...(targets.get(name) ?? []), view]);
    }
  }
  return [
    ...bases.map((row) => factsOf(row, [], defaults)),
    ...[...targets].map(([name, views]) => factsOf(byName.get(name) ?? { ...ELSEWHERE, name }, views, defaults)),
  ];
}

const ELSEWHERE: Omit<Row, "name"> = {
  uuid: "",
  engine: "unknown",
  engine_full: "",
  create_table_query: "",
  dependencies_database: [],
  dependencies_table: [],
};

async function readDefaults(clickhouse: ClickHouse): Promise<ReadonlyMap<string, string>> {
  const rows = await clickhouse.rows<{ name: string; value: string }>({
    name: "Settings of tables",
    sql: "SELECT name, value FROM system.merge_tree_settings WHERE name LIKE '%deduplication_window' OR name LIKE 'parts_to_%_insert' OR name = 'fsync_after_insert'",
  });
  return new Map(rows.map(({ name, value }) => [name, value]));
}

/** The table of this database that a view writes into; one without `TO` has a table of its own. */
function targetOf(view: Row | undefined): string | undefined {
  if (!view) return undefined;
  const to = /^CREATE MATERIALIZED VIEW \S+ TO (?:(\w+)\.)?(`(?:[^`\\]|\\.)+`|\w+)/.exec(view.create_table_query)?.[2];
  return to === undefined ? `.inner_id.${view.uuid}` : to.replaceAll("`", "");
}

function factsOf(row: Row, views: readonly string[], defaults: ReadonlyMap<string, string>): TableFacts {
  const own = new Map([...row.engine_full.matchAll(/(\w+) = (\d+)/g)].map(([, name = "", value = ""]) => [name, value]));
  const settingOf = (name: string): number => Number(own.get(name) ?? defaults.get(name) ?? 0);
  const setting = /^(Replicated|Shared)/.test(row.engine) ? "replicated_deduplication_window" : "non_replicated_deduplication_window";
  return {
    name: row.name,
    engine: row.engine,
    views,
    window: row.engine.endsWith("MergeTree") ? { setting, inserts: settingOf(setting) } : undefined,
    fsync: settingOf("fsync_after_insert") === 1,
    partsToDelay: settingOf("parts_to_delay_insert"),
    partsToThrow: settingOf("parts_to_throw_insert"),
  };
}
