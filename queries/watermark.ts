import { literal, type ClickHouse } from "../clickhouse/index.ts";
import { storedStreams, type StreamDefinition, type StreamPosition, type Watermark } from "../model/index.ts";
import type { Bindings } from "./bindings.ts";

/** How far ClickHouse holds each stream of the log: of each stream's newest epoch, the last sequence in the ledger. */
export async function readWatermark(clickhouse: ClickHouse): Promise<Watermark> {
  const streams = await ledgerStreams(clickhouse);
  if (streams.length === 0) return {};
  const lanes = await clickhouse.rows<{ stream: string; epoch: string; last: string }>({
    name: "Read the watermark",
    sql: `SELECT * FROM (${newestRows("ingest_ledger", streams, "stream, epoch, last").join(" UNION ALL ")}) ORDER BY stream`,
  });
  return watermarkOf(lanes);
}

/**
 * How far the log went at a moment, of what ClickHouse holds: of each stream the last message that JetStream had stored by then. The batch that the moment falls into is looked
 * up in `events`; dead letters and duplicates after its last such row count for nothing.
 * @param moment microseconds since 1970, itself included
 */
export async function readWatermarkAt(clickhouse: ClickHouse, moment: number): Promise<Watermark> {
  const watermark: Record<string, StreamPosition> = {};
  for (const stream of await ledgerStreams(clickhouse)) {
    const position = await positionAt(clickhouse, stream, moment);
    if (position) watermark[stream] = position;
  }
  return watermark;
}

async function positionAt(clickhouse: ClickHouse, stream: string, moment: number): Promise<StreamPosition | undefined> {
  const at = "fromUnixTimestamp64Micro({moment:Int64}, 'UTC')";
  const [batch] = await clickhouse.rows<{ epoch: string; first: string; last: string; whole: boolean }>({
    name: "Find the batch of a moment",
    sql: `SELECT epoch, first, last, stored_to <= ${at} AS whole FROM ingest_ledger
      WHERE stream = {stream:String} AND received > 0 AND stored_from <= ${at} ORDER BY epoch DESC, generation DESC, first DESC LIMIT 1`,
    params: { stream, moment },
  });
  if (!batch) return undefined;
  const epoch = Number(batch.epoch);
  if (batch.whole) return { epoch, seq: Number(batch.last) };
  const [row] = await clickhouse.rows<{ seq: string }>({
    name: "Find the last event of a moment",
    sql: `SELECT max(seq) AS seq FROM events WHERE stream = {stream:String} AND epoch = {epoch:UInt64}
      AND seq BETWEEN {first:UInt64} AND {last:UInt64} AND stored_at <= ${at}`,
    params: { stream, moment, epoch, first: batch.first, last: batch.last },
  });
  return { epoch, seq: Math.max(Number(batch.first), Number(row?.seq ?? 0)) };
}

/** How far the log is in ClickHouse. */
export interface LogState {
  /** See {@link readWatermark}. */
  readonly watermark: Watermark;
  /** Until when the log is ingested, see {@link ingestedUntilSql}: microseconds since 1970, or undefined if that is unknown. */
  readonly ingestedUntil: number | undefined;
}

/** The newest row of a stream, as {@link readLogState} reads it. */
interface NewestRow {
  readonly stream: string;
  readonly epoch: string;
  readonly last: string;
  readonly received: string;
  readonly micros: string;
}

const NEWEST_COLUMNS = "stream, epoch, last, received, toUnixTimestamp64Micro(stored_to) AS micros";

/**
 * The watermark and until when the log is ingested, in one request. A second one is needed only for streams that the project no longer has, of which the first looks for one row,
 * and for those whose newest batch is nothing but missing sequences.
 *
 * One flat union takes 16 ms where the same reads nested as scalar subqueries take 28, and `SELECT 1` 9 (docs/decisions/0023).
 */
export async function readLogState(clickhouse: ClickHouse, streams: readonly StreamDefinition[]): Promise<LogState> {
  const declared = storedStreams(streams).map(({ name }) => name);
  const others = declared.length === 0 ? "true" : `stream NOT IN (${declared.map(literal).join(", ")})`;
  const other = `(SELECT ${NEWEST_COLUMNS} FROM ingest_ledger WHERE ${others} LIMIT 1)`;
  const found = await clickhouse.rows<NewestRow>({
    name: "Read how far the log is in",
    sql: [...newestRows("ingest_ledger", declared, NEWEST_COLUMNS), other].join(" UNION ALL "),
  });
  const known = new Set(declared);
  const newest = found.filter(({ stream }) => known.has(stream)).sort((a, b) => (a.stream < b.stream ? -1 : 1));
  const [watermark, ingestedUntil] = await Promise.all([
    newest.length === found.length ? watermarkOf(newest) : readWatermark(clickhouse),
    declared.length > 0 && newest.length === declared.length ? leastStoreTime(clickhouse, newest) : undefined,
  ]);
  return { watermark, ingestedUntil };
}

function watermarkOf(newest: readonly Omit<NewestRow, "received" | "micros">[]): Watermark {
  return Object.fromEntries(newest.map(({ stream, epoch, last }) => [stream, { epoch: Number(epoch), seq: Number(last) }]));
}

/** The least of the streams' last store times, see {@link ingestedUntilSql}: of those whose newest row has none, an older row's. */
async function leastStoreTime(clickhouse: ClickHouse, newest: readonly NewestRow[]): Promise<number | undefined> {
  const without = newest.filter(({ received }) => Number(received) === 0).map(({ stream }) => stream);
  const older =
    without.length === 0
      ? []
      : await clickhouse.rows<NewestRow>({
          name: "Read the last store times",
          sql: newestRows("ingest_ledger", without, NEWEST_COLUMNS, "received > 0").join(" UNION ALL "),
        });
  if (older.length < without.length) return undefined;
  const timed = newest.filter(({ received }) => Number(received) > 0);
  return Math.min(...[...timed, ...older].map(({ micros }) => Number(micros)));
}

/** Names of the streams that anything was ever committed of, those that the project no longer has included. */
export async function ledgerStreams(clickhouse: ClickHouse): Promise<string[]> {
  const rows = await clickhouse.rows<{ stream: string }>({
    name: "Read the streams of the ledger",
    sql: "SELECT DISTINCT stream FROM ingest_ledger ORDER BY stream",
  });
  return rows.map(({ stream }) => stream);
}

/**
 * Until when the log is ingested, see {@link ingestedUntilSql}; or was as of a position: the least over the project's streams of the store time of the last message at or before it. Where the position lies within a batch the batch's rows tell,
 * so that it does not matter how the log was cut into batches: a replay cuts it otherwise.
 * @returns microseconds since 1970, or undefined if that is unknown: nothing of a stream lies at or before the position
 */
export async function readIngestedUntil(
  clickhouse: ClickHouse,
  streams: readonly StreamDefinition[],
  asOf?: Watermark,
): Promise<number | undefined> {
  if (!asOf) return (await readLogState(clickhouse, streams)).ingestedUntil;
  const times = await Promise.all(storedStreams(streams).map(({ name }) => storedUntil(clickhouse, name, asOf[name])));
  const known = times.filter((time) => time !== undefined);
  return known.length < times.length || known.length === 0 ? undefined : Math.min(...known);
}

async function storedUntil(clickhouse: ClickHouse, stream: string, position: StreamPosition | undefined): Promise<number | undefined> {
  if (!position) return undefined;
  const params = { stream, epoch: position.epoch, seq: position.seq };
  const [batch] = await clickhouse.rows<{ first: string; whole: boolean; from: string; to: string }>({
    name: "Find the batch of a position",
    sql: `SELECT first, epoch < {epoch:UInt64} OR last <= {seq:UInt64} AS whole, toUnixTimestamp64Micro(stored_from) AS from, toUnixTimestamp64Micro(stored_to) AS to
      FROM ingest_ledger WHERE stream = {stream:String} AND received > 0 AND (epoch < {epoch:UInt64} OR (epoch = {epoch:UInt64} AND first <= {seq:UInt64}))
      ORDER BY epoch DESC, generation DESC, first DESC LIMIT 1`,
    params,
  });
  if (!batch) return undefined;
  if (batch.whole) return Number(batch.to);
  const [row] = await clickhouse.rows<{ micros: string }>({
    name: "Find the store time of a position",
    sql: `SELECT toUnixTimestamp64Micro(max(stored_at)) AS micros FROM events
      WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {seq:UInt64}`,
    params: { ...params, first: batch.first },
  });
  return Math.max(Number(batch.from), Number(row?.micros ?? 0));
}

/**
 * The store time that every stream of the project has reached, as a scalar: `Nullable(DateTime64(6, 'UTC'))`, the least of the last committed messages' store times.
 * Null if a stream has no committed message: then nobody knows what waits in it. Streams that the project does not declare (any more) do not count, and neither do
 * batches of nothing but missing sequences, which have no store time.
 * @param ledger the table, quoted
 */
export function ingestedUntilSql(streams: readonly StreamDefinition[], ledger: string): string {
  if (streams.length === 0) return "CAST(NULL, 'Nullable(DateTime64(6, \\'UTC\\'))')";
  const names = storedStreams(streams).map(({ name }) => name);
  const newest = newestRows(ledger, names, "stored_to", "received > 0").join(" UNION ALL ");
  return `(SELECT if(count() = ${names.length}, min(stored_to), NULL) FROM (${newest}))`;
}

/** A statement in brackets for each stream: its newest row. Read from the end of the table's order it costs 20 ms over 10 million batches, where an aggregate over all takes 4 s. */
export function newestRows(ledger: string, streams: readonly string[], columns: string, condition = "true"): string[] {
  const order = ["stream", "epoch", "generation", "first"].map((column) => `${column} DESC`).join(", ");
  return streams.map(
    (name) => `(SELECT ${columns} FROM ${ledger} WHERE stream = ${literal(name)} AND ${condition} ORDER BY ${order} LIMIT 1)`,
  );
}

/**
 * The condition under which a row of `events` lies at or before a watermark: rows of streams that the watermark does not name do not.
 * @returns SQL over the columns stream, epoch and seq
 */
export function atOrBefore(watermark: Watermark, bindings: Bindings): string {
  const lanes = Object.entries(watermark).map(([stream, position]) => {
    const epoch = bindings.bind("UInt64", position.epoch);
    const upTo = `(epoch < ${epoch} OR (epoch = ${epoch} AND seq <= ${bindings.bind("UInt64", position.seq)}))`;
    return `(stream = ${bindings.bind("String", stream)} AND ${upTo})`;
  });
  return lanes.length === 0 ? "false" : `(${lanes.join(" OR ")})`;
}
