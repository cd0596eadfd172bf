import { randomBytes } from "node:crypto";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";

/** A table's name carries the second of its making: what a killed process has left is known by it. */
const NAME = /^serving_([0-9]+)_[0-9a-f]{16}$/;
const ABANDONED_AFTER = 3 * 86_400;

/** Makes tables that are dropped together. */
export class ServingTables {
  readonly #clickhouse: ClickHouse;
  readonly #names: string[] = [];

  constructor(clickhouse: ClickHouse) {
    this.#clickhouse = clickhouse;
  }

  /** @returns its name, which needs no quotes */
  async create(columns: readonly string[], engine: string): Promise<string> {
    const name = `serving_${Math.floor(Date.now() / 1_000)}_${randomBytes(8).toString("hex")}`;
    this.#names.push(name);
    await this.#clickhouse.command({
      name: "Create a table to serve from",
      sql: `CREATE TABLE ${identifier(name)} (${columns.join(", ")}) ENGINE = ${engine}`,
    });
    return name;
  }

  async drop(): Promise<void> {
    for (const name of this.#names) await dropTable(this.#clickhouse, name);
  }
}

/** Drops what killed processes have left. */
export async function dropAbandonedTables(clickhouse: ClickHouse): Promise<void> {
  const tables = await clickhouse.rows<{ name: string }>({
    name: "Look for abandoned tables",
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'serving_')",
  });
  const oldest = Date.now() / 1_000 - ABANDONED_AFTER;
  const abandoned = tables.filter(({ name }) => Number(NAME.exec(name)?.[1] ?? oldest) < oldest);
  await Promise.all(abandoned.map(({ name }) => dropTable(clickhouse, name)));
}

function dropTable(clickhouse: ClickHouse, name: string): Promise<void> {
  return clickhouse.command({ name: "Drop a table that was served from", sql: `DROP TABLE IF EXISTS ${identifier(name)}` });
}
