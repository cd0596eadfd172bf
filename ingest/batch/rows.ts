import type { LogMessage } from "../../jetstream/index.ts";
import { writeJson } from "../json/binary-json.ts";
import { parseHeaders } from "../decode/cloud-event-headers.ts";
import type { DecodedEvent, Refusal } from "../decode/outcome.ts";
import type { Span } from "../decode/span.ts";
import type { RowBinaryWriter } from "./row-binary.ts";
import type { RowSet } from "./row-set.ts";

/** Which incarnation of a stream rows belong to. */
export interface LaneIdentity {
  readonly stream: string;
  /** Microseconds since 1970. */
  readonly epoch: number;
}

/** Columns of `events` in the order in which `writeEvent` writes them. */
export const EVENT_COLUMNS = [
  "stream",
  "epoch",
  "seq",
  "idx",
  "stored_at",
  "known_at",
  "time",
  "id",
  "type",
  "source",
  "subject",
  "version",
  "data",
  "enriched",
] as const;

/** Columns of `dead_letters` in the order in which `addDeadLetter` writes them. */
export const DEAD_LETTER_COLUMNS = [
  "stream",
  "epoch",
  "seq",
  "idx",
  "stored_at",
  "nats_subject",
  "headers",
  "stage",
  "reason",
  "detail",
  "payload",
  "code",
] as const;

const NOTHING = Buffer.alloc(0);

/** Writes a row of `events`. */
export function writeEvent(writer: RowBinaryWriter, lane: LaneIdentity, message: LogMessage, event: DecodedEvent): void {
  writer.string(lane.stream);
  writer.uint64(lane.epoch);
  writer.uint64(message.seq);
  writer.uint32(event.idx);
  writer.uint64(message.storedAt);
  writer.uint64(event.knownAt);
  writer.uint64(event.time);
  writeSpan(writer, event.id);
  writeSpan(writer, event.type);
  writeSpan(writer, event.source);
  writeSpan(writer, event.subject);
  writer.uint16(event.version);
  writeJson(writer, event.data.tape, event.data.place);
  writeJson(writer, event.enriched.tape, event.enriched.place);
}

function writeSpan(writer: RowBinaryWriter, { bytes, end, start }: Span): void {
  writer.span(bytes, start, end);
}

/**
 * Adds a row of `dead_letters`. Headers and payload stand with the first dead letter of a message only: a message of 1 MiB may hold half a million
 * events that are none, and its bytes so many times are more than any memory or disk.
 * @param code fingerprint of the config that refused it
 */
export function addDeadLetter(rows: RowSet, lane: LaneIdentity, message: LogMessage, refusal: Refusal, code: string): void {
  const { writer } = rows;
  const isFirst = rows.rows === 0 || rows.keyOf(rows.rows - 1).seq !== message.seq;
  writer.string(lane.stream);
  writer.uint64(lane.epoch);
  writer.uint64(message.seq);
  writer.uint32(refusal.idx);
  writer.uint64(message.storedAt);
  writer.string(message.subject);
  const headers = isFirst && message.headerBytes ? [...parseHeaders(message.headerBytes)] : [];
  writer.varint(headers.length);
  for (const [name, value] of headers) {
    writer.string(name);
    writer.string(value);
  }
  writer.string(refusal.stage);
  writer.string(refusal.reason);
  writer.string(refusal.detail);
  writer.bytes(isFirst ? message.payload : NOTHING);
  writer.string(code);
  rows.endRow(message.seq, refusal.idx);
}
