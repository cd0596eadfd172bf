import { parseArgs } from "node:util";
import { EVENT_BYTES } from "./bench-project.ts";
import { eventCount } from "./event-count.ts";

/** What to measure. */
export interface BenchOptions {
  readonly events: number;
  /** Bytes of every event. */
  readonly bytes: number;
  /** Whether a field is derived from every event. */
  readonly derive: boolean;
  /** Also stop ClickHouse for a minute while events come. */
  readonly outage: boolean;
  readonly json: boolean;
}

/** The least that holds an event's attributes. */
const LEAST_BYTES = 220;
const MOST_BYTES = 1_000_000;

/** Reads the command line. @throws Error with one sentence if a flag is wrong */
export function benchOptions(args?: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    ...(args ? { args: [...args] } : {}),
    options: {
      events: { type: "string", default: "1000000" },
      bytes: { type: "string", default: String(EVENT_BYTES) },
      "no-derive": { type: "boolean", default: false },
      outage: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  return {
    events: eventCount(values.events),
    bytes: eventBytes(values.bytes),
    derive: !values["no-derive"],
    outage: values.outage,
    json: values.json,
  };
}

function eventBytes(text: string): number {
  const bytes = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
    throw new Error(`--bytes takes a whole number from ${LEAST_BYTES} to ${MOST_BYTES}, not "${text}".`);
  }
  return bytes;
}
