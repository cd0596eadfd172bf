import type { ClickHouse } from "../../clickhouse/index.ts";

/** An event to put into `events` as ingest would; what a test does not care about has a default. */
export interface TestEvent {
  /** UTC, e.g. "2026-03-28 12:00:00.000001", or microseconds since 1970. */
  readonly time: string | number;
  readonly data: unknown;
  readonly type?: string;
  readonly stream?: string;
  readonly seq: number;
  readonly source?: string;
  readonly subject?: string;
}

const COLUMNS = "stream epoch seq idx stored_at known_at time id type source subject version data enriched".split(" ");

/** Inserts events as one block, under a token of their own. */
export async function insertEvents(clickhouse: ClickHouse, events: readonly TestEvent[]): Promise<void> {
  const stored = "2026-04-01 00:00:00";
  const rows = events.map(({ time, data, seq, type = "order.placed", stream = "SHOP", source = "web", subject = "user-1" }) => {
    const at = typeof time === "number" ? (time / 1e6).toFixed(6) : time;
    const place = { stream, epoch: 1, seq, idx: 0, stored_at: stored, known_at: stored };
    return JSON.stringify({ ...place, time: at, id: `${stream}-${seq}`, type, source, subject, version: 1, data, enriched: {} });
  });
  await clickhouse.insert({
    table: "events",
    columns: COLUMNS,
    format: "JSONEachRow",
    body: Buffer.from(rows.join("\n")),
    token: `${Date.now()}-${Math.random()}`,
  });
}

/** A batch to put into the ledger; what a test does not care about has a default. */
export interface TestBatch {
  readonly last: number;
  /** UTC. */
  readonly storedTo: string;
  readonly stream?: string;
  readonly epoch?: number;
  /** Messages; 0 = nothing but missing sequences. */
  readonly received?: number;
}

/** Declares everything up to a sequence committed. */
export async function commitTo(
  clickhouse: ClickHouse,
  { last, storedTo, stream = "SHOP", epoch = 1, received = 1 }: TestBatch,
): Promise<void> {
  await clickhouse.command({
    name: "Insert a ledger row",
    sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, received, stored_to)
      SELECT {stream:String}, {epoch:UInt64}, 1, {last:UInt64}, {last:UInt64}, {received:UInt64}, toDateTime64({storedTo:String}, 6, 'UTC')`,
    params: { stream, epoch, last, received, storedTo },
  });
}
