import type { ClickHouse } from "../connect.ts";

/** What a ClickHouse server tells of itself. */
export interface ServerIdentity {
  readonly version: string;
  /** The user whose permissions count. */
  readonly user: string;
  /** How far its clock is ahead of this machine's, in milliseconds, by a request and half its round trip; negative = behind. */
  readonly aheadMs: number;
  /** How far off that may be. */
  readonly withinMs: number;
}

/** Asks the server who it is and what time it has. @throws ClickHouseFailure */
export async function inspectServer(clickhouse: ClickHouse): Promise<ServerIdentity> {
  // The first request opens a connection, which is no part of the round trip.
  await clickhouse.ping();
  const sentAt = Date.now();
  const started = performance.now();
  const [row] = await clickhouse.rows<{ version: string; user: string; now: string }>({
    name: "Version and clock",
    sql: "SELECT version() AS version, currentUser() AS user, toUnixTimestamp64Milli(now64(3)) AS now",
  });
  const withinMs = (performance.now() - started) / 2;
  return { version: row?.version ?? "", user: row?.user ?? "", aheadMs: Number(row?.now) - (sentAt + withinMs), withinMs };
}
