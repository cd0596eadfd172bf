import { JsonTape } from "../json/json-tape.ts";
import type { Span } from "./span.ts";

/** An object of a JSON document. */
export interface JsonObject {
  readonly tape: JsonTape;
  readonly place: number;
}

/** An event of a message, ready to become a row of `events`. Its texts and data lie in the message's bytes and on the decoder's tape: it is valid until the next message is decoded. */
export interface DecodedEvent {
  /** Place in the message, from 0. */
  readonly idx: number;
  /** Event time and knowledge time, microseconds since 1970. */
  readonly time: number;
  readonly knownAt: number;
  readonly id: Span;
  readonly type: Span;
  readonly source: Span;
  readonly subject: Span;
  /** Schema version of `data`; 0 if not said. */
  readonly version: number;
  readonly data: JsonObject;
  /** What enrichers added, by their names. */
  readonly enriched: JsonObject;
}

/** An object without members. */
export const NO_FIELDS: JsonObject = emptyObject();

function emptyObject(): JsonObject {
  const tape = new JsonTape(1);
  tape.read(Buffer.from("{}"), 1);
  return { tape, place: 0 };
}

/** Why a message, or one event of it, cannot become a row. Codes are part of the interface: dashboards and filters name them. */
export type DeadLetterReason =
  | "payload-too-large"
  | "invalid-utf8"
  | "invalid-json"
  | "too-deep"
  | "not-a-cloudevent"
  | "empty-batch"
  | "missing-attribute"
  | "invalid-attribute"
  | "invalid-time"
  | "time-out-of-range"
  | "unsupported-content-type"
  | "duplicate-keys"
  | "number-out-of-range"
  | "lone-surrogate"
  | "paths-too-long"
  | "unknown-type"
  | "unknown-version"
  | "upcast-failed"
  | "schema-mismatch"
  | "enrich-failed"
  | "rejected-by-clickhouse";

/** A message, or one event of it, that is set aside. A value, not an exception: the lane goes on. */
export interface Refusal {
  readonly idx: number;
  readonly stage: "decode" | "validate" | "enrich" | "insert";
  readonly reason: DeadLetterReason;
  /** One sentence without contents of the message. */
  readonly detail: string;
}

/** A refusal in the decode stage. */
export function refuse(idx: number, reason: DeadLetterReason, detail: string): Refusal {
  return { idx, stage: "decode", reason, detail };
}

/** Tells a refusal from an event, whole or not. */
export function isRefusal(outcome: object): outcome is Refusal {
  return "reason" in outcome;
}
