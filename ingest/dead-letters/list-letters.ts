import type { Readable } from "node:stream";
import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import { filterCondition, STATE_SQL, type DeadLetterFilter, type DeadLetterState } from "./letter-filter.ts";

/** A dead letter without its bytes. */
export interface DeadLetter {
  readonly stream: string;
  /** Incarnation of the stream, microseconds since 1970. */
  readonly epoch: number;
  readonly seq: number;
  /** Place of the event in its message; 0 if the message as a whole failed. */
  readonly idx: number;
  /** When JetStream stored the message, "2026-11-27 03:12:44.123456", UTC. */
  readonly stored_at: string;
  readonly subject: string;
  readonly stage: string;
  readonly reason: string;
  /** One sentence without contents of the message. */
  readonly detail: string;
  readonly state: DeadLetterState;
  /** Fingerprint of the config that refused it. */
  readonly code: string;
}

/** Letters of one stream that failed alike. */
export interface DeadLetterGroup extends Pick<DeadLetter, "stream" | "stage" | "reason" | "detail" | "state"> {
  readonly letters: number;
  /** Store times, UTC. */
  readonly first_stored: string;
  readonly last_stored: string;
  /** Sequence of the newest: one to look at. */
  readonly newest_seq: number;
}

/** Which letters to list. */
export interface DeadLetterListing {
  readonly filter: DeadLetterFilter;
  /** Rows at most. */
  readonly limit: number;
}

/** Numbers of an answer as numbers: sequences and epochs in microseconds lie below 2^53. */
const PLAIN_NUMBERS = { output_format_json_quote_64bit_integers: 0 } as const;

/** Dead letters, newest first. */
export async function listDeadLetters(clickhouse: ClickHouse, options: DeadLetterListing): Promise<DeadLetter[]> {
  return clickhouse.rows<DeadLetter>(lettersStatement(options));
}

/** Dead letters by stream and what is wrong with them, the most frequent first. */
export async function countDeadLetters(clickhouse: ClickHouse, options: DeadLetterListing): Promise<DeadLetterGroup[]> {
  return clickhouse.rows<DeadLetterGroup>(groupsStatement(options));
}

/** What {@link listDeadLetters} or {@link countDeadLetters} answers, in a format of ClickHouse. */
export async function exportDeadLetters(
  clickhouse: ClickHouse,
  options: DeadLetterListing & { readonly what: "letters" | "groups"; readonly format: string; readonly signal?: AbortSignal },
): Promise<Readable> {
  const { format, signal, what } = options;
  const statement = what === "letters" ? lettersStatement(options) : groupsStatement(options);
  return clickhouse.bytes({ ...statement, format, ...(signal ? { signal } : {}) });
}

function lettersStatement({ filter, limit }: DeadLetterListing): Statement {
  const { params, sql } = filterCondition(filter);
  return {
    name: "Dead letters",
    sql: `SELECT stream, epoch, seq, idx, stored_at, nats_subject AS subject, stage, reason, detail, ${STATE_SQL} AS state, code
          FROM dead_letters WHERE ${sql} ORDER BY dead_letters.stored_at DESC, stream, epoch DESC, seq DESC, idx LIMIT {limit:UInt64}`,
    params: { ...params, limit: String(limit) },
    settings: PLAIN_NUMBERS,
  };
}

function groupsStatement({ filter, limit }: DeadLetterListing): Statement {
  const { params, sql } = filterCondition(filter);
  return {
    name: "Dead letters by reason",
    sql: `SELECT stream, stage, reason, detail, ${STATE_SQL} AS state, count() AS letters,
                 min(stored_at) AS first_stored, max(stored_at) AS last_stored, argMax(seq, (epoch, seq)) AS newest_seq
          FROM dead_letters WHERE ${sql}
          GROUP BY stream, stage, reason, detail, state ORDER BY letters DESC, stream, stage, reason, detail, state LIMIT {limit:UInt64}`,
    params: { ...params, limit: String(limit) },
    settings: PLAIN_NUMBERS,
  };
}
