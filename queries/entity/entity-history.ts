import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { QueryError } from "../query-error.ts";
import { readWatermark } from "../watermark.ts";

/** What happened to one entity. */
export interface EntityHistoryRequest {
  /** CloudEvents `subject`, e.g. "order-123". */
  readonly entity: string;
  /** Events at most, 1 to 1,000. Default 100. */
  readonly limit?: number;
  /** Only events before this one: the `next` of the answer before. */
  readonly before?: HistoryCursor;
  /** Kills the query. */
  readonly signal?: AbortSignal;
}

/** A place in the order of an entity's events: event time (microseconds since 1970), then the position in the log. */
export interface HistoryCursor {
  readonly time: string;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: string;
  readonly idx: number;
}

/** One event of an entity. */
export interface HistoryEvent {
  /** Event time, knowledge time and store time: ISO 8601 with microseconds, UTC. */
  readonly time: string;
  readonly knownAt: string;
  readonly storedAt: string;
  readonly type: string;
  readonly id: string;
  readonly source: string;
  readonly version: number;
  readonly position: { readonly stream: string; readonly epoch: string; readonly seq: string; readonly idx: number };
  /** The event itself, and what enrichers added: JSON text, so that integers keep their digits. */
  readonly data: string;
  readonly enriched: string;
}

/** The newest events of an entity, newest first. */
export interface EntityHistory {
  readonly entity: string;
  readonly events: readonly HistoryEvent[];
  /** Where older events go on; null = there are none. */
  readonly next: HistoryCursor | null;
  /** Every event at or before it is among the events, or older than the last of them. */
  readonly watermark: Watermark;
}

const MOST_EVENTS = 1_000;
const ORDER = ["time", "stream", "epoch", "seq", "idx"] as const;

/**
 * Reads what happened to one entity, newest first; of events at one moment the one that the log holds later comes first.
 * @throws QueryError if the request makes no sense
 */
export async function entityHistory(clickhouse: ClickHouse, request: EntityHistoryRequest): Promise<EntityHistory> {
  const { before, entity, limit = 100, signal } = request;
  if (typeof entity !== "string" || entity === "")
    throw new QueryError('Name the entity, e.g. "order-123": it is the subject of its events.');
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_EVENTS)
    throw new QueryError(`"limit" is a number of events from 1 to ${MOST_EVENTS.toLocaleString("en")}, not ${JSON.stringify(limit)}.`);
  // Before the events: what the watermark promises is there then.
  const watermark = await readWatermark(clickhouse);
  const bindings = new Bindings();
  const conditions = [`subject = ${bindings.bind("String", entity)}`, ...(before ? [cursorSql(before, bindings)] : [])];
  const rows = await clickhouse.rows<HistoryRow>({
    name: "History of an entity",
    sql: `SELECT ${moment("time")} AS at, ${moment("known_at")} AS known, ${moment("stored_at")} AS stored, toString(toUnixTimestamp64Micro(time)) AS micros,
  type, id, source, version, stream, toString(epoch) AS epoch_text, toString(seq) AS seq_text, idx, toString(data) AS data_text, toString(enriched) AS enriched_text
FROM events
WHERE ${conditions.join(" AND ")}
ORDER BY ${ORDER.map((column) => `events.${column} DESC`).join(", ")}
LIMIT ${bindings.bind("UInt64", limit + 1)}`,
    params: bindings.params,
    // Within the text of `data`: a number is a number there.
    settings: { output_format_json_quote_64bit_integers: 0 },
    ...(signal ? { signal } : {}),
  });
  const events = rows.slice(0, limit);
  const last = events.at(-1);
  return { entity, events: events.map(toEvent), next: rows.length > limit && last ? cursorOf(last) : null, watermark };
}

interface HistoryRow {
  readonly at: string;
  readonly known: string;
  readonly stored: string;
  readonly micros: string;
  readonly type: string;
  readonly id: string;
  readonly source: string;
  readonly version: number;
  readonly stream: string;
  readonly epoch_text: string;
  readonly seq_text: string;
  readonly idx: number;
  readonly data_text: string;
  readonly enriched_text: string;
}

function moment(column: string): string {
  return `concat(replaceOne(toString(${column}, 'UTC'), ' ', 'T'), 'Z')`;
}

function cursorSql({ epoch, idx, seq, stream, time }: HistoryCursor, bindings: Bindings): string {
  const values = [
    bindings.moment(Number(time)),
    bindings.bind("String", stream),
    bindings.bind("UInt64", epoch),
    bindings.bind("UInt64", seq),
    bindings.bind("UInt32", idx),
  ];
  return `(${ORDER.join(", ")}) < (${values.join(", ")})`;
}

function cursorOf({ epoch_text: epoch, idx, micros, seq_text: seq, stream }: HistoryRow): HistoryCursor {
  return { time: micros, stream, epoch, seq, idx };
}

function toEvent(row: HistoryRow): HistoryEvent {
  const { at, data_text, enriched_text, epoch_text, id, idx, known, seq_text, source, stored, stream, type, version } = row;
  return {
    time: at,
    knownAt: known,
    storedAt: stored,
    type,
    id,
    source,
    version,
    position: { stream, epoch: epoch_text, seq: seq_text, idx },
    data: data_text,
    enriched: enriched_text,
  };
}
