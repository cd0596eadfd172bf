import { afterAll, beforeAll, inject } from "vitest";
import { connectClickHouse, type ClickHouse } from "./index.ts";

/** A database of its own for the calling test file, dropped after its tests. */
export function useDatabase(): { clickhouse: ClickHouse } {
  const held = {} as { clickhouse: ClickHouse };
  const name = `room_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  const admin = connectClickHouse({ url: inject("clickhouseUrl"), database: "default" });
  beforeAll(async () => {
    await admin.command({ name: "Create", sql: `CREATE DATABASE ${name}` });
    held.clickhouse = admin.inDatabase(name);
  });
  afterAll(async () => {
    await held.clickhouse.close();
    await admin.command({ name: "Drop", sql: `DROP DATABASE IF EXISTS ${name}` });
    await admin.close();
  });
  return held;
}

/** What a promise was rejected with; fails if it was not. */
export async function rejection<Reason = unknown>(promise: Promise<unknown>): Promise<Reason> {
  const outcome = await promise.then(
    () => ({ reason: undefined }),
    (reason: unknown) => ({ reason }),
  );
  if (outcome.reason === undefined) throw new Error("The promise was not rejected.");
  return outcome.reason as Reason;
}
