import { identifier, type ClickHouse } from "../../clickhouse/index.ts";

/** Makes the table that holds the events as they are now. Its parts are those of `events` under another name (hard links): 10 million events take 0.1 s and no room until merges replace them. */
export async function cloneEvents(clickhouse: ClickHouse, clone: string): Promise<void> {
  await clickhouse.command({ name: "Make the copy of the events", sql: `CREATE TABLE ${identifier(clone)} AS events` });
  const partitions = await clickhouse.rows<{ id: string }>({
    name: "Partitions of the events",
    sql: "SELECT DISTINCT partition_id AS id FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active ORDER BY id",
  });
  for (const { id } of partitions) {
    await clickhouse.command({
      name: `Copy partition ${id} of the events`,
      sql: `ALTER TABLE ${identifier(clone)} ATTACH PARTITION ID {id:String} FROM events`,
      params: { id },
    });
  }
}

/** Drops the copy, if it stands. */
export async function dropClone(clickhouse: ClickHouse, clone: string): Promise<void> {
  await clickhouse.command({ name: "Drop the copy of the events", sql: `DROP TABLE IF EXISTS ${identifier(clone)} SYNC` });
}
