import type { LogMessage } from "../../jetstream/index.ts";
import { parseHeaders } from "../decode/cloud-event-headers.ts";
import type { DecodedEvent, Refusal } from "../decode/outcome.ts";
import type { RowBinaryWriter } from "./row-binary.ts";

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

/** Columns of `dead_letters` in the order in which `writeDeadLetter` writes them. */
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

const NO_FIELDS = Buffer.from("{}");

/** Writes a row of `events`. */
export function writeEvent(writer: RowBinaryWriter, lane: LaneIdentity, message: LogMessage, event: DecodedEvent): void {
  writer.string(lane.stream);
  writer.uint64(lane.epoch);
  writer.uint64(message.seq);
  writer.uint32(event.idx);
  writer.uint64(message.storedAt);
  writer.uint64(event.knownAt);
  writer.uint64(event.time);
  writer.string(event.id);
  writer.string(event.type);
  writer.string(event.source);
  writer.string(event.subject);
  writer.uint16(event.version);
  if (typeof event.data === "string") writer.string(event.data);
  else writer.bytes(event.data);
  writer.bytes(NO_FIELDS);
}

/** Writes a row of `dead_letters`. @param code fingerprint of the config that refused it */
export function writeDeadLetter(writer: RowBinaryWriter, lane: LaneIdentity, message: LogMessage, refusal: Refusal, code: string): void {
  writer.string(lane.stream);
  writer.uint64(lane.epoch);
  writer.uint64(message.seq);
  writer.uint32(refusal.idx);
  writer.uint64(message.storedAt);
  writer.string(message.subject);
  const headers = message.headerBytes ? [...parseHeaders(message.headerBytes)] : [];
  writer.varint(headers.length);
  for (const [name, value] of headers) {
    writer.string(name);
    writer.string(value);
  }
  writer.string(refusal.stage);
  writer.string(refusal.reason);
  writer.string(refusal.detail);
  writer.bytes(message.payload);
  writer.string(code);
}
