import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import type { Span } from "../decode/span.ts";

/** A range of a lane's sequences, both ends included. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** Called with each event's sequence, store time (microseconds since 1970) and key; the spans are valid during the call. */
export type OnKey = (seq: number, storedAt: number, source: Span, id: Span) => void;

/** Bytes of the two numbers in front of a row. */
const NUMBERS = 16;

/** Reads the keys of the events of a range, in the order of the log. @returns how many there were */
export async function readKeys(
  clickhouse: ClickHouse,
  lane: LaneIdentity,
  range: SequenceRange,
  signal: AbortSignal,
  onKey: OnKey,
): Promise<number> {
  const stream = await clickhouse.bytes({
    name: "Keys of the deduplication window",
    sql: `SELECT seq, toUnixTimestamp64Micro(stored_at), toString(source), id FROM events
          WHERE stream = {stream:String} AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
          ORDER BY seq, idx`,
    params: { stream: lane.stream, epoch: String(lane.epoch), first: String(range.first), last: String(range.last) },
    format: "RowBinary",
    // All of the answer or an error: a part of it would look like all.
    settings: { wait_end_of_query: 1 },
    signal,
  });
  const rows = new KeyRows(onKey);
  for await (const chunk of stream) rows.add(chunk as Buffer);
  return rows.finish();
}

/** Cuts RowBinary rows (UInt64, Int64, String, String) out of chunks that end anywhere. */
class KeyRows {
  readonly #onKey: OnKey;
  readonly #source: { bytes: Uint8Array; start: number; end: number } = { bytes: Buffer.alloc(0), start: 0, end: 0 };
  readonly #id = { ...this.#source };
  /** What is left of the last chunk: the beginning of a row. */
  #rest: Buffer = Buffer.alloc(0);
  #count = 0;

  constructor(onKey: OnKey) {
    this.#onKey = onKey;
  }

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#source.bytes = bytes;
    this.#id.bytes = bytes;
    let at = 0;
    for (let end = this.#row(bytes, at); end >= 0; end = this.#row(bytes, at)) at = end;
    this.#rest = bytes.subarray(at);
  }

  /** @returns rows in all @throws Error if the last is not whole */
  finish(): number {
    if (this.#rest.length > 0) throw new Error("ClickHouse's answer ends in the middle of a row: read the keys again.");
    return this.#count;
  }

  /** Hands on the row that begins at a place. @returns where it ends; -1 = it is not whole */
  #row(bytes: Buffer, at: number): number {
    if (at + NUMBERS > bytes.length) return -1;
    const id = textEnd(bytes, at + NUMBERS, this.#source);
    const end = id < 0 ? -1 : textEnd(bytes, id, this.#id);
    if (end < 0) return -1;
    this.#onKey(uint64(bytes, at), uint64(bytes, at + 8), this.#source, this.#id);
    this.#count += 1;
    return end;
  }
}

/** Notes where the text lies whose length stands at a place. @returns where it ends; -1 = it is not whole */
function textEnd(bytes: Buffer, at: number, text: { start: number; end: number }): number {
  let length = 0;
  let start = at;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[start];
    if (byte === undefined) return -1;
    start += 1;
    length += (byte & 127) * scale;
    if (byte < 128) break;
  }
  text.start = start;
  text.end = start + length;
  return text.end <= bytes.length ? text.end : -1;
}

/** A whole number below 2^53, of 64 bits, little-endian. */
function uint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 4_294_967_296;
}
