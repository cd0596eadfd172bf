import { isTimeInRange, parseTime, type CloudEvent } from "../../model/index.ts";

/** Required attributes of CloudEvents 1.0: non-empty strings. */
const REQUIRED = ["id", "source", "type"] as const;
/** As ingest counts: UTF-16 units. */
const LONGEST_ATTRIBUTE = 4_096;

/** Reads one line as a structured CloudEvent; a fault is a value, in a few words, as other lines must go on. */
export function parseEvent(line: Buffer): CloudEvent | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(line.toString("utf8"));
  } catch {
    return { problem: "not valid JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "not a JSON object" };
  const event = value as Record<string, unknown>;
  if (event["specversion"] !== "1.0") return { problem: 'lacks "specversion": "1.0", so it is no CloudEvent' };
  const missing = REQUIRED.find((name) => typeof event[name] !== "string" || event[name] === "");
  if (missing !== undefined) return { problem: `lacks the attribute "${missing}"` };
  const fault = textFault(event);
  if (fault !== undefined) return { problem: fault };
  for (const name of ["time", "recordedtime"]) {
    const time = event[name];
    if (time === undefined || time === null) continue;
    const micros = typeof time === "string" ? parseTime(time) : undefined;
    if (micros === undefined) return { problem: `"${name}" is no RFC 3339 time with a zone` };
    if (!isTimeInRange(micros)) return { problem: `"${name}" is outside the years 1970 to 2200` };
  }
  return value as CloudEvent;
}

/** What ingest would refuse, or JetStream would not carry. */
function textFault(event: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of [...REQUIRED, "subject"]) {
    const text = event[name];
    if (text === undefined || text === null) continue;
    if (typeof text !== "string") return `"${name}" is no text`;
    if (text.length > LONGEST_ATTRIBUTE) return `"${name}" is longer than ${LONGEST_ATTRIBUTE} characters`;
    if (text.includes("\0")) return `"${name}" contains NUL`;
    if (!text.isWellFormed()) return `"${name}" contains half a surrogate pair`;
  }
  return undefined;
}
