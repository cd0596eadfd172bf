import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LogMessage } from "../../jetstream/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { listDeadLetters, type DeadLetter } from "./list-letters.ts";
import { laneParams, OF_LANE } from "./resolutions.ts";

/** A message that was set aside, in whole or in part, with all that is kept of it. */
export interface SetAsideMessage {
  readonly stream: string;
  /** Incarnation of the stream, microseconds since 1970. */
  readonly epoch: number;
  readonly seq: number;
  /** Its letters, in order of their place in the message, whatever became of them. */
  readonly letters: readonly DeadLetter[];
  /** NATS headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

/** More events than a message of 1 MiB can hold. */
const MOST_LETTERS = 1_000_000;

/**
 * Reads the letters of one message with its bytes.
 * @param position without an epoch, of the newest incarnation that has letters of that sequence
 * @returns undefined if there is none
 */
export async function readDeadLetter(
  clickhouse: ClickHouse,
  position: { readonly stream: string; readonly seq: number; readonly epoch?: number },
): Promise<SetAsideMessage | undefined> {
  const { epoch, seq, stream } = position;
  const filter = { stream, seq: { from: seq, to: seq }, state: "any" as const, ...(epoch === undefined ? {} : { epoch }) };
  const found = await listDeadLetters(clickhouse, { filter, limit: MOST_LETTERS });
  const newest = Math.max(...found.map((letter) => letter.epoch));
  const letters = found.filter((letter) => letter.epoch === newest).sort((one, other) => one.idx - other.idx);
  if (letters.length === 0) return undefined;
  const kept = await readKept(clickhouse, { stream, epoch: newest }, seq);
  return { stream, epoch: newest, seq, letters, headers: kept?.headers ?? {}, payload: Buffer.from(kept?.payload ?? "", "base64") };
}

/**
 * A message as its first dead letter keeps it, for when the log no longer has it. Headers are as decoded: names in lower case, the last of each.
 * @returns undefined if nothing is kept, as with a message that was gone already when ClickHouse refused its row
 */
export async function readKeptMessage(clickhouse: ClickHouse, lane: LaneIdentity, seq: number): Promise<LogMessage | undefined> {
  const kept = await readKept(clickhouse, lane, seq);
  if (!kept || kept.subject === "") return undefined;
  const lines = Object.entries(kept.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    seq,
    storedAt: Number(kept.storedAt),
    subject: kept.subject,
    headerBytes: lines.length === 0 ? undefined : Buffer.from(`NATS/1.0\r\n${lines.join("")}\r\n`),
    payload: Buffer.from(kept.payload, "base64"),
    pending: 0,
    deliverySeq: 0,
  };
}

interface Kept {
  readonly subject: string;
  readonly storedAt: string;
  readonly headers: Record<string, string>;
  /** In base64: JSON holds no bytes that are no UTF-8. */
  readonly payload: string;
}

async function readKept(clickhouse: ClickHouse, lane: LaneIdentity, seq: number): Promise<Kept | undefined> {
  const [row] = await clickhouse.rows<Kept>({
    name: "Bytes of a dead letter",
    sql: `SELECT nats_subject AS subject, toUnixTimestamp64Micro(stored_at) AS storedAt, headers, base64Encode(payload) AS payload
          FROM dead_letters WHERE ${OF_LANE} AND seq = {seq:UInt64} ORDER BY idx LIMIT 1`,
    params: { ...laneParams(lane), seq: String(seq) },
  });
  return row;
}
