import type { PublishedEvent } from "../oracles/ledger.ts";

/** A message to publish, and what must become of it. */
export interface Content {
  readonly payload: Buffer;
  /** Its events in order; none if the message can only be a dead letter as a whole. */
  readonly events: readonly PublishedEvent[];
  /** Reason of the message's first dead letter, if it must have one. */
  readonly reason?: string;
}

/** The events' times lie in these two days. */
export const FROM = "2026-11-20";
export const TO = "2026-11-22";
const SHOPS = ["berlin", "oslo", "porto"];

/** An event as it is published. `data` is what the row must hold. */
export interface PaidEvent extends PublishedEvent {
  readonly specversion: "1.0";
  readonly subject: string;
  readonly time: string;
  readonly data: { readonly shop: string; readonly amount: number; readonly note: string };
}

/** The nth event; `note` makes it as long as wanted. */
export function paid(n: number, note = ""): PaidEvent {
  return {
    specversion: "1.0",
    id: `e${n}`,
    source: "faults",
    type: "paid",
    subject: `customer-${n % 17}`,
    time: new Date(Date.parse(FROM) + ((n * 7_919) % 172_800) * 1_000).toISOString(),
    data: { shop: SHOPS[n % SHOPS.length] ?? "", amount: ((n * 37) % 1_000) / 100, note },
  };
}

/** A message of one event. */
export function single(event: PublishedEvent): Content {
  return { payload: Buffer.from(JSON.stringify(event)), events: [event] };
}

/** A message that must become one dead letter as a whole. */
export function poison(payload: string | Buffer, reason: string): Content {
  return { payload: Buffer.from(payload), events: [], reason };
}

/** The nth message of a mixed load: mostly single events, some several in one message, some with a bad one among them, some that are none. */
export function mixed(n: number, random: () => number): Content {
  const dice = random();
  if (dice < 0.03) return poison(`{"broken": ${n}`, "invalid-json");
  if (dice < 0.06) return poison(Buffer.from([0xff, 0xfe, n % 256]), "invalid-utf8");
  if (dice < 0.09) return refusedAsAWhole(n);
  if (dice < 0.2) return several(n, dice < 0.14);
  return single(paid(n, "x".repeat(Math.floor(random() * 200))));
}

function refusedAsAWhole(n: number): Content {
  const { id: _lacking, ...rest } = paid(n);
  return poison(JSON.stringify(rest), "missing-attribute");
}

function several(n: number, withBad: boolean): Content {
  const events = [0, 1, 2].map((part) => ({ ...paid(n * 3 + part), id: withBad && part === 1 ? "" : `e${n}-${part}` }));
  const payload = Buffer.from(JSON.stringify(events));
  if (!withBad) return { payload, events };
  return {
    payload,
    events: events.map((event) => (event.id === "" ? { ...event, expect: "dead-letter" } : event)),
    reason: "missing-attribute",
  };
}
