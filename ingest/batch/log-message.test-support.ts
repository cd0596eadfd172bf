import type { LogMessage } from "../../jetstream/index.ts";

/** A message of a stream, with what a test does not care about filled in. */
export function logMessage(changes: Partial<LogMessage> = {}): LogMessage {
  return {
    seq: 1,
    storedAt: Date.UTC(2026, 10, 27) * 1_000,
    subject: "shop.order",
    headerBytes: undefined,
    payload: Buffer.from("{}"),
    pending: 0,
    deliverySeq: 1,
    ...changes,
  };
}

/** A structured CloudEvent. */
export function cloudEvent(id: string, changes: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ specversion: "1.0", id, source: "/shop", type: "note", data: { id }, ...changes }));
}
