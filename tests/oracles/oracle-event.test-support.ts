import type { OracleEvent } from "./event.ts";

/** Microseconds since 1970 of an RFC 3339 time. */
export function at(time: string): number {
  return Date.parse(time) * 1_000;
}

/** An event at a time, known at once, with what matters for a test. */
export function event(time: string, data: unknown, rest: Partial<OracleEvent> = {}): OracleEvent {
  const micros = at(time);
  const plain = {
    type: "sale",
    time: micros,
    known_at: micros,
    stream: "S",
    epoch: 1,
    seq: 1,
    idx: 0,
    id: "id",
    source: "test",
    subject: "ann",
  };
  return { ...plain, data, ...rest };
}
