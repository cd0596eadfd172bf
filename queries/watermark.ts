import type { ClickHouse } from "../clickhouse/index.ts";
import type { Watermark } from "../model/index.ts";

/** How far ClickHouse holds the log. */
export interface Progress {
  readonly watermark: Watermark;
  /** Store time (microseconds since 1970) that every stream has reached: the least, over the streams, of the last committed message's. Undefined if nothing is committed. */
  readonly storedTo: number | undefined;
}

/** How far ClickHouse holds each stream of the log: of each stream's newest epoch, the last sequence in the ledger. */
export async function readWatermark(clickhouse: ClickHouse): Promise<Watermark> {
  return (await readProgress(clickhouse)).watermark;
}

/** How far ClickHouse holds the log, or held it when the ledger ended at or before `asOf`. */
export async function readProgress(clickhouse: ClickHouse, asOf?: Watermark): Promise<Progress> {
  const condition = asOf ? atOrBefore(asOf) : { sql: "true", params: {} };
  const lanes = await clickhouse.rows<{ stream: string; at: string; seq: string; stored: string }>({
    name: "Read the watermark",
    sql: `SELECT stream, max(epoch) AS at, argMax(seq, (epoch, seq)) AS seq, toUnixTimestamp64Micro(argMax(stored_to, (epoch, seq))) AS stored
      FROM (SELECT stream, epoch, last AS seq, stored_to FROM ingest_ledger) WHERE ${condition.sql} GROUP BY stream ORDER BY stream`,
    params: condition.params,
    settings: { prefer_column_name_to_alias: 1 },
  });
  return {
    watermark: asOf ?? Object.fromEntries(lanes.map(({ stream, at, seq }) => [stream, { epoch: Number(at), seq: Number(seq) }])),
    storedTo: lanes.length === 0 ? undefined : Math.min(...lanes.map(({ stored }) => Number(stored))),
  };
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
