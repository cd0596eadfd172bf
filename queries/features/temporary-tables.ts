import { randomBytes } from "node:crypto";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";

/** Makes tables that go when the work is done. */
export interface TemporaryTables {
  /**
   * Creates a table that keeps its rows in the order of their insert (engine Log: one reader gets them back in that order, in blocks of a size that it chooses).
   * @returns its quoted name
   */
  create(purpose: string, ddl: string): Promise<string>;
  /** Drops one before the end, by its quoted name. */
  drop(name: string): Promise<void>;
}

/** A table's name carries the second of its making: what a killed process has left is known by it. */
const NAME = /^building_[a-z]+_([0-9]+)_[0-9a-f]{16}$/;
/** No build takes as long as this, in seconds: what is older was left behind. */
const ABANDONED_AFTER = 86_400;

/** Runs `work` with tables of its own, dropped afterwards whether it succeeds or fails. */
export async function withTemporaryTables<Result>(
  clickhouse: ClickHouse,
  work: (tables: TemporaryTables) => Promise<Result>,
): Promise<Result> {
  await dropAbandoned(clickhouse);
  const names: string[] = [];
  const create = async (purpose: string, ddl: string): Promise<string> => {
    const name = identifier(`building_${purpose}_${Math.floor(Date.now() / 1_000)}_${randomBytes(8).toString("hex")}`);
    names.push(name);
    await clickhouse.command({ name: `Create a table for the ${purpose}`, sql: `CREATE TABLE ${name} (${ddl}) ENGINE = Log` });
    return name;
  };
  try {
    return await work({ create, drop: (name) => drop(clickhouse, name) });
  } finally {
    // A table that cannot be dropped (ClickHouse is gone) must not hide why the work failed.
    await Promise.allSettled(names.map((name) => drop(clickhouse, name)));
  }
}

function drop(clickhouse: ClickHouse, name: string): Promise<void> {
  return clickhouse.command({ name: "Drop a temporary table", sql: `DROP TABLE IF EXISTS ${name} SYNC` });
}

async function dropAbandoned(clickhouse: ClickHouse): Promise<void> {
  const tables = await clickhouse.rows<{ name: string }>({
    name: "Look for abandoned tables",
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'building_')",
  });
  const now = Date.now() / 1_000;
  const abandoned = tables.filter(({ name }) => Number(NAME.exec(name)?.[1] ?? now) < now - ABANDONED_AFTER);
  await Promise.all(abandoned.map(({ name }) => drop(clickhouse, identifier(name))));
}
