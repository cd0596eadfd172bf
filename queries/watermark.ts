import type { ClickHouse } from "../clickhouse/index.ts";
import type { Watermark } from "../model/index.ts";

/** How far ClickHouse holds each stream of the log: of each stream's newest epoch, the last sequence in the ledger. */
export async function readWatermark(clickhouse: ClickHouse): Promise<Watermark> {
  const lanes = await clickhouse.rows<{ stream: string; at: string; seq: string }>({
    name: "Read the watermark",
    sql: `SELECT stream, max(epoch) AS at, argMax(last, (epoch, last)) AS seq FROM ingest_ledger GROUP BY stream ORDER BY stream`,
  });
  return Object.fromEntries(lanes.map(({ stream, at, seq }) => [stream, { epoch: Number(at), seq: Number(seq) }]));
}

/**
 * The condition under which a row of `events` lies at or before a watermark: rows of streams that the watermark does not name do not.
 * @returns SQL over the columns stream, epoch and seq, and the values it binds
 */
export function atOrBefore(watermark: Watermark): { readonly sql: string; readonly params: Readonly<Record<string, unknown>> } {
  const params: Record<string, unknown> = {};
  const lanes = Object.entries(watermark).map(([stream, { epoch, seq }], index) => {
    Object.assign(params, { [`stream_${index}`]: stream, [`epoch_${index}`]: epoch, [`seq_${index}`]: seq });
    const upTo = `(epoch < {epoch_${index}:UInt64} OR (epoch = {epoch_${index}:UInt64} AND seq <= {seq_${index}:UInt64}))`;
    return `(stream = {stream_${index}:String} AND ${upTo})`;
  });
  return { sql: lanes.length === 0 ? "false" : `(${lanes.join(" OR ")})`, params };
}
