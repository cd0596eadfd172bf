import { randomBytes } from "node:crypto";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";

/** Makes tables that go when the work is done. */
export interface TemporaryTables {
  /**
   * Creates a table that keeps its rows in the order of their insert (engine Log: one reader gets them back in that order, in blocks of a size that it chooses).
   * @returns its quoted name
   */
  create(purpose: string, ddl: string): Promise<string>;
}

const PREFIX = "building_";

/** Runs `work` with tables of its own, dropped afterwards whether it succeeds or fails. */
export async function withTemporaryTables<Result>(
  clickhouse: ClickHouse,
  work: (tables: TemporaryTables) => Promise<Result>,
): Promise<Result> {
  const names: string[] = [];
  const run = randomBytes(8).toString("hex");
  const create = async (purpose: string, ddl: string): Promise<string> => {
    const name = identifier(`${PREFIX}${purpose}_${run}`);
    names.push(name);
    await clickhouse.command({ name: `Create a table for the ${purpose}`, sql: `CREATE TABLE ${name} (${ddl}) ENGINE = Log` });
    return name;
  };
  try {
    return await work({ create });
  } finally {
    // A table that cannot be dropped (ClickHouse is gone) must not hide why the work failed.
    const drop = (name: string): Promise<void> =>
      clickhouse.command({ name: "Drop a temporary table", sql: `DROP TABLE IF EXISTS ${name} SYNC` });
    await Promise.allSettled(names.map(drop));
  }
}
