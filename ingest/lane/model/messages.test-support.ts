import { REFUSED } from "./fake-clickhouse.test-support.ts";

/** Kinds of message: an event, bytes that are none, an event whose row ClickHouse refuses, and one of each in one message. */
export const MESSAGES = ["event", "broken", "refused", "mixed"] as const;

/** What a message holds. */
export type MessageKind = (typeof MESSAGES)[number];

/** The payload of a message. @param id unique */
export function payloadOf(kind: MessageKind, id: string): string {
  switch (kind) {
    case "event":
      return event(id);
    case "broken":
      return "broken";
    case "refused":
      return event(`${REFUSED}-${id}`);
    case "mixed":
      return `[${event(id)},{},${event(`${REFUSED}-${id}`)}]`;
  }
}

function event(id: string): string {
  return JSON.stringify({ specversion: "1.0", id, source: "model", type: "thing", data: {} });
}

/** What must become of a payload. */
export function expectedRows(payload: string): { readonly kind: "event" | "dead letter"; readonly idx: number }[] {
  if (payload === "broken") return [{ kind: "dead letter", idx: 0 }];
  const events = JSON.parse(payload) as { readonly id?: string } | { readonly id?: string }[];
  return [events].flat().map(({ id = REFUSED }, idx) => ({ kind: id.startsWith(REFUSED) ? "dead letter" : "event", idx }));
}
