import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LogMessage } from "../../jetstream/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { DecodeMessage } from "../decode/decode-message.ts";
import { isRefusal } from "../decode/outcome.ts";
import { spanOf, spanText, type Span } from "../decode/span.ts";
import { SLACK_MS, type KeyWindow } from "./key-window.ts";
import { readKeys, type SequenceRange } from "./read-keys.ts";

/** A window to fill, and from where. */
export interface FillOptions {
  readonly clickhouse: ClickHouse;
  readonly lane: LaneIdentity;
  readonly window: KeyWindow;
  /** Last sequence whose events the window is to know: the ledger's end. */
  readonly committed: number;
  readonly decode: DecodeMessage;
  /** Reads one message of the log again. */
  readonly fetch: (seq: number) => Promise<LogMessage | undefined>;
  readonly signal: AbortSignal;
  /** Called with the keys read so far, and how many there will be. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Sequences read by one query: ClickHouse sorts that many rows at a time. */
const SEQUENCES_A_QUERY = 1_000_000;

/**
 * Fills a window with the keys of the events that are committed and not too old: then it holds what it would hold had one worker read the log from the beginning.
 * @throws the signal's reason if it aborts, ClickHouseFailure
 */
export async function fillWindow(options: FillOptions): Promise<void> {
  const { clickhouse, committed, lane, onProgress, signal, window } = options;
  window.clear();
  try {
    const { first, keys } = await begin(options);
    onProgress(0, keys);
    const refused = await refusedKeys(options, { first, last: committed });
    let next = 0;
    let done = 0;
    /** ClickHouse refused these rows, but their keys count: they take their place among the others. */
    const rememberRefused = (before: number): void => {
      for (let key = refused[next]; key && key.seq < before; key = refused[next]) {
        window.remember(key.source, key.id, key.storedAt);
        next += 1;
      }
    };
    for (let from = first; from <= committed; from += SEQUENCES_A_QUERY) {
      const range = { first: from, last: Math.min(committed, from + SEQUENCES_A_QUERY - 1) };
      done += await readKeys(clickhouse, lane, range, signal, (seq, storedAt, source, id) => {
        rememberRefused(seq);
        window.remember(source, id, storedAt);
      });
      onProgress(done, keys);
    }
    rememberRefused(committed + 1);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * Where to begin, and how many keys will come. Older events than needed do no harm: they leave the window again while it is filled. So the ledger's times will do, which are those of whole
 * batches: an event of the last batch with rows is at most `SLACK_MS` older than its first message, and one of any batch at most that much younger than its last.
 */
async function begin({ clickhouse, committed, lane, window }: FillOptions): Promise<{ first: number; keys: number }> {
  const [row] = await clickhouse.rows<{ first: string; keys: string }>({
    name: "Beginning of the deduplication window",
    sql: `WITH (
            SELECT argMaxIf(toUnixTimestamp64Milli(stored_from), last, event_rows > 0) FROM ingest_ledger
            WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND last <= {committed:UInt64}
          ) AS newest
          SELECT min(l.first) AS first, sum(event_rows) AS keys FROM ingest_ledger AS l
          WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND last <= {committed:UInt64} AND toUnixTimestamp64Milli(stored_to) > newest - {reach:Int64}`,
    params: {
      stream: lane.stream,
      epoch: String(lane.epoch),
      committed: String(committed),
      reach: String(window.withinMs + 3 * SLACK_MS),
    },
  });
  return { first: Math.max(1, Number(row?.first)), keys: Number(row?.keys) };
}

const IN_RANGE = "stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}";

interface RefusedKey {
  readonly seq: number;
  readonly storedAt: number;
  readonly source: Span;
  readonly id: Span;
}

/**
 * The keys of events that were accepted and whose rows are not in `events`: those that ClickHouse refused, and those of dead letters that a replay has declared and may be about to insert.
 * Only the log has them; of a message that has left it nobody knows.
 */
async function refusedKeys({ clickhouse, decode, fetch, lane, signal }: FillOptions, range: SequenceRange): Promise<readonly RefusedKey[]> {
  const letters = await clickhouse.rows<{ seq: string; idx: number; places: number }>({
    name: "Refused rows of the deduplication window",
    sql: `SELECT seq, idx, max(places) AS places FROM (
            SELECT seq, idx, 1 AS places FROM dead_letters WHERE ${IN_RANGE} AND reason = 'rejected-by-clickhouse'
            UNION ALL
            SELECT seq, idx, event_rows FROM dead_letter_resolutions WHERE ${IN_RANGE} AND resolution = 'declared'
              AND batch NOT IN (SELECT batch FROM dead_letter_resolutions WHERE ${IN_RANGE} AND resolution IN ('replayed', 'released'))
          )
          GROUP BY seq, idx ORDER BY seq, idx`,
    params: { stream: lane.stream, epoch: String(lane.epoch), first: String(range.first), last: String(range.last) },
    signal,
  });
  const keys: RefusedKey[] = [];
  for (const { idx, places, seq } of letters) {
    signal.throwIfAborted();
    const message = await fetch(Number(seq));
    if (!message) continue;
    for (const event of decode(message)) {
      if (isRefusal(event) || event.idx < idx || event.idx >= idx + places) continue;
      // Spans are valid until the next message is decoded: these are kept.
      const [source, id] = [spanOf(spanText(event.source)), spanOf(spanText(event.id))];
      keys.push({ seq: Number(seq), storedAt: message.storedAt, source, id });
    }
  }
  return keys;
}
