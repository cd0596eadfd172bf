import { isTimeInRange, parseTime } from "../../model/index.ts";
import { refuse, type DecodedEvent, type Refusal } from "./outcome.ts";
import type { Attributes } from "./cloud-event-headers.ts";

/** The parts of an event before its data is looked at. */
export type Envelope = Omit<DecodedEvent, "data" | "version"> & {
  /** Schema version as the producer says it; 0 if not. */
  readonly version: number;
};

/** Longest id, source, type or subject, in UTF-16 units: more is a mistake, and would bloat every index. */
const LONGEST_ATTRIBUTE = 4_096;

/**
 * Reads the attributes of a CloudEvent. `time` is optional in the standard: without it an event happened when it was stored.
 * Knowledge time is `recordedtime`, but never later than the store time: nobody knew it by then who could only learn it from the log.
 * @param storedAt microseconds since 1970
 * @param escaped whether texts may hold NUL or half a surrogate pair: JSON can write them as escapes only, and looking for them costs 0.3 µs an event
 */
export function toEnvelope(attributes: Attributes, idx: number, storedAt: number, escaped: boolean): Envelope | Refusal {
  if (attributes["specversion"] !== "1.0") return refuse(idx, "not-a-cloudevent", 'attribute specversion is not "1.0"');
  const { id, source, type, subject } = attributes;
  const fault = textFault("id", id, escaped) ?? textFault("source", source, escaped) ?? textFault("type", type, escaped);
  if (fault !== undefined) return refuse(idx, ...fault);
  if (subject !== undefined && subject !== null && subject !== "") {
    const subjectFault = textFault("subject", subject, escaped);
    if (subjectFault !== undefined) return refuse(idx, ...subjectFault);
  }
  const time = timeOf("time", attributes["time"], storedAt, idx);
  if (typeof time !== "number") return time;
  const recorded = timeOf("recordedtime", attributes["recordedtime"], storedAt, idx);
  if (typeof recorded !== "number") return recorded;
  const version = versionOf(attributes);
  if (version === undefined) return refuse(idx, "invalid-attribute", "attribute dataversion is no whole number from 1 to 65535");
  return {
    idx,
    time,
    knownAt: Math.min(recorded, storedAt),
    id: id as string,
    source: source as string,
    type: type as string,
    subject: typeof subject === "string" ? subject : "",
    version,
  };
}

function textFault(
  name: string,
  value: unknown,
  escaped: boolean,
): readonly ["missing-attribute" | "invalid-attribute", string] | undefined {
  if (value === undefined || value === null || value === "") return ["missing-attribute", `attribute ${name} is missing`];
  if (typeof value !== "string") return ["invalid-attribute", `attribute ${name} is no text`];
  if (value.length > LONGEST_ATTRIBUTE) return ["invalid-attribute", `attribute ${name} is longer than ${LONGEST_ATTRIBUTE} characters`];
  if (!escaped) return undefined;
  if (value.includes("\0")) return ["invalid-attribute", `attribute ${name} contains NUL`];
  if (!value.isWellFormed()) return ["invalid-attribute", `attribute ${name} contains half a surrogate pair`];
  return undefined;
}

function timeOf(name: string, value: unknown, absent: number, idx: number): number | Refusal {
  if (value === undefined || value === null) return absent;
  const micros = typeof value === "string" ? parseTime(value) : undefined;
  if (micros === undefined) return refuse(idx, "invalid-time", `attribute ${name} is no RFC 3339 time`);
  return isTimeInRange(micros) ? micros : refuse(idx, "time-out-of-range", `attribute ${name} is outside the years 1970 to 2200`);
}

/** `dataversion`, else the number that `dataschema` ends with ("…/order/v2"), else 0. Undefined if `dataversion` is there and wrong. */
function versionOf(attributes: Attributes): number | undefined {
  const { dataversion, dataschema } = attributes;
  if (dataversion !== undefined && dataversion !== null) {
    const version = typeof dataversion === "string" && /^\d{1,5}$/.test(dataversion) ? Number(dataversion) : dataversion;
    return typeof version === "number" && Number.isInteger(version) && version >= 1 && version <= 65_535 ? version : undefined;
  }
  if (typeof dataschema !== "string") return 0;
  return Number(/[/:#@.v-](\d{1,4})$/.exec(dataschema)?.[1] ?? 0);
}
