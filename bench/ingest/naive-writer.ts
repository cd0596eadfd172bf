import { createClient } from "@clickhouse/client";
import { AckPolicy, connect, nanos, type JsMsg } from "nats";

/** Rows of an insert: what most hand-written writers choose. */
const ROWS = 10_000;

/** The table of the naive writer: the same columns as of `events` that it can fill, without indexes, views or codecs. */
export const NAIVE_TABLE = `CREATE TABLE IF NOT EXISTS naive
(
    seq UInt64, time DateTime64(6, 'UTC'), id String, type LowCardinality(String), source LowCardinality(String), subject String, data JSON
)
ENGINE = MergeTree ORDER BY (type, time)`;

/**
 * Writes messages as hand-written pipelines mostly do: a durable consumer, `JSON.parse`, one `JSONEachRow` insert for every 10,000 rows, and an acknowledgement of each message after it.
 * No validation, no ledger, no deduplication: a crash between insert and acknowledgement doubles rows.
 * @param messages how many to take
 */
export async function naiveWriter(
  natsUrl: string,
  clickhouseUrl: string,
  stream: string,
  database: string,
  messages: number,
): Promise<void> {
  const connection = await connect({ servers: natsUrl });
  const clickhouse = createClient({ url: clickhouseUrl, database });
  const manager = await connection.jetstreamManager();
  const name = "naive";
  await manager.consumers.add(stream, {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(60_000),
    max_ack_pending: 4 * ROWS,
  });
  const consumer = await connection.jetstream().consumers.get(stream, name);
  let rows: object[] = [];
  let held: JsMsg[] = [];
  let taken = 0;
  const incoming = await consumer.consume({ max_messages: ROWS });
  for await (const message of incoming) {
    const { data, id, source, subject, time, type } = message.json<Record<string, unknown>>();
    rows.push({ seq: message.seq, time, id, type, source, subject, data });
    held.push(message);
    taken += 1;
    if (rows.length < ROWS && taken < messages) continue;
    await clickhouse.insert({
      table: "naive",
      values: rows,
      format: "JSONEachRow",
      clickhouse_settings: { date_time_input_format: "best_effort" },
    });
    for (const each of held) each.ack();
    rows = [];
    held = [];
    if (taken >= messages) break;
  }
  await connection.flush();
  await clickhouse.close();
  await connection.close();
}
