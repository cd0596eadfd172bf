import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { filterCondition, type DeadLetterFilter } from "./letter-filter.ts";
import type { MessageState } from "./plan-replay.ts";
import { laneParams, OF_LANE } from "./resolutions.ts";

/** Letters of one page; all of a message come together. */
const PAGE_LETTERS = 2_000;

/**
 * Messages with letters that a filter names, in order of sequence, page by page. Only up to the ledger's end: what lies beyond belongs to a batch under way, whose rows
 * the worker still counts.
 */
export async function* messagesToReplay(
  clickhouse: ClickHouse,
  lane: LaneIdentity,
  filter: DeadLetterFilter,
  committed: number,
): AsyncGenerator<readonly MessageState[]> {
  const { params, sql } = filterCondition(filter);
  for (let after = 0; ;) {
    const letters = await clickhouse.rows<LetterRow>({
      name: "Dead letters to replay",
      sql: `SELECT seq, idx, toUnixTimestamp64Micro(stored_at) AS storedAt FROM dead_letters
            WHERE ${OF_LANE} AND seq > {after:UInt64} AND seq <= {committed:UInt64} AND ${sql}
            ORDER BY seq LIMIT ${PAGE_LETTERS} WITH TIES`,
      params: { ...laneParams(lane), ...params, after: String(after), committed: String(committed) },
    });
    const last = letters.at(-1);
    if (!last) return;
    yield await messagesOf(clickhouse, lane, letters);
    after = Number(last.seq);
  }
}

/** The messages of letters that a replay declared. */
export async function messagesOfBatch(clickhouse: ClickHouse, lane: LaneIdentity, token: string): Promise<readonly MessageState[]> {
  const letters = await clickhouse.rows<LetterRow>({
    name: "Dead letters of a declared replay",
    sql: `SELECT seq, idx, toUnixTimestamp64Micro(stored_at) AS storedAt FROM dead_letters
          WHERE ${OF_LANE} AND (seq, idx) IN (SELECT seq, idx FROM dead_letter_resolutions WHERE ${OF_LANE} AND batch = {token:String})
          ORDER BY seq`,
    params: { ...laneParams(lane), token },
  });
  return messagesOf(clickhouse, lane, letters);
}

interface LetterRow {
  readonly seq: string;
  readonly idx: number;
  readonly storedAt: string;
}

/** What the tables hold of the messages of these letters, which are ordered by sequence. */
async function messagesOf(clickhouse: ClickHouse, lane: LaneIdentity, wanted: readonly LetterRow[]): Promise<MessageState[]> {
  const messages = new Map<string, { storedAt: number; letters: Set<number>; rows: Set<number>; wanted: Set<number> }>();
  for (const { idx, seq, storedAt } of wanted) {
    const message = messages.get(seq) ?? { storedAt: Number(storedAt), letters: new Set(), rows: new Set(), wanted: new Set() };
    message.wanted.add(idx);
    messages.set(seq, message);
  }
  const places = await clickhouse.rows<{ seq: string; idx: number; letter: 0 | 1; event: 0 | 1 }>({
    name: "Rows of messages with dead letters",
    sql: `SELECT seq, idx, max(is_letter) AS letter, max(is_event) AS event
          FROM (
            SELECT seq, idx, 1 AS is_letter, 0 AS is_event FROM dead_letters WHERE ${OF_LANE} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
            UNION ALL
            SELECT seq, idx, 0, 1 FROM events
            WHERE ${OF_LANE} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
              AND seq IN (SELECT seq FROM dead_letters WHERE ${OF_LANE} AND seq BETWEEN {first:UInt64} AND {last:UInt64})
          )
          GROUP BY seq, idx`,
    params: { ...laneParams(lane), first: wanted[0]?.seq ?? "0", last: wanted.at(-1)?.seq ?? "0" },
  });
  for (const { event, idx, letter, seq } of places) {
    if (letter === 1) messages.get(seq)?.letters.add(idx);
    if (event === 1) messages.get(seq)?.rows.add(idx);
  }
  return [...messages].map(([seq, message]) => ({ seq: Number(seq), ...message }));
}
