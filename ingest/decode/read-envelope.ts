import { isTimeInRange } from "../../model/index.ts";
import { KIND, type JsonTape } from "../json/json-tape.ts";
import { isPlain, textBetween, valueOf } from "../json/json-text.ts";
import { MEMBER, type EventMembers, type Member } from "./event-members.ts";
import { isRefusal, refuse, type DecodedEvent, type Refusal } from "./outcome.ts";
import { TimeReader } from "./read-time.ts";
import { spanOf, type Span } from "./span.ts";

/** The parts of an event before its data is looked at; `version` is as the producer says it, 0 if not. */
export type Envelope = Omit<DecodedEvent, "data" | "enriched">;

/** Longest id, source, type or subject, in UTF-16 units: more is a mistake, and would bloat every index. */
const LONGEST_ATTRIBUTE = 4_096;
const NOTHING = spanOf("");
const time = new TimeReader();
const recordedTime = new TimeReader();

/**
 * Reads the attributes of a CloudEvent. `time` is optional in the standard: without it an event happened when it was stored.
 * Knowledge time is `recordedtime`, but never later than the store time: nobody knew it by then who could only learn it from the log.
 * @param storedAt microseconds since 1970
 */
export function readEnvelope(tape: JsonTape, members: EventMembers, idx: number, storedAt: number): Envelope | Refusal {
  if (!isVersionOne(tape, members.placeOf(MEMBER.specversion))) {
    return refuse(idx, "not-a-cloudevent", 'attribute specversion is not "1.0"');
  }
  const id = requiredText(tape, members, "id", idx);
  if (isRefusal(id)) return id;
  const source = requiredText(tape, members, "source", idx);
  if (isRefusal(source)) return source;
  const type = requiredText(tape, members, "type", idx);
  if (isRefusal(type)) return type;
  const subject = isMissing(tape, members.placeOf(MEMBER.subject)) ? NOTHING : requiredText(tape, members, "subject", idx);
  if (isRefusal(subject)) return subject;
  const happened = timeOf(tape, members, "time", storedAt, idx);
  if (typeof happened !== "number") return happened;
  const recorded = timeOf(tape, members, "recordedtime", storedAt, idx);
  if (typeof recorded !== "number") return recorded;
  const version = versionOf(tape, members);
  if (version === undefined) return refuse(idx, "invalid-attribute", "attribute dataversion is no whole number from 1 to 65535");
  return { idx, time: happened, knownAt: Math.min(recorded, storedAt), id, source, type, subject, version };
}

function isVersionOne(tape: JsonTape, place: number): boolean {
  if (place < 0 || tape.kind(place) !== KIND.string) return false;
  const start = tape.start(place);
  if (!isPlain(tape, start, tape.end(place))) return textBetween(tape, start, tape.end(place)) === "1.0";
  const { bytes } = tape;
  return tape.end(place) - start === 3 && bytes[start] === 0x31 && bytes[start + 1] === 0x2e && bytes[start + 2] === 0x30;
}

/** Absent, null and empty are the same to a producer's library. */
function isMissing(tape: JsonTape, place: number): boolean {
  if (place < 0) return true;
  const kind = tape.kind(place);
  return kind === KIND.null || (kind === KIND.string && tape.start(place) === tape.end(place));
}

function requiredText(tape: JsonTape, members: EventMembers, name: "id" | "source" | "type" | "subject", idx: number): Span | Refusal {
  const place = members.placeOf(MEMBER[name]);
  if (isMissing(tape, place)) return refuse(idx, "missing-attribute", `attribute ${name} is missing`);
  if (tape.kind(place) !== KIND.string) return refuse(idx, "invalid-attribute", `attribute ${name} is no text`);
  const start = tape.start(place);
  const end = tape.end(place);
  if (end - start <= LONGEST_ATTRIBUTE && isPlain(tape, start, end)) return { bytes: tape.bytes, start, end };
  const text = textBetween(tape, start, end);
  if (text.length > LONGEST_ATTRIBUTE) {
    return refuse(idx, "invalid-attribute", `attribute ${name} is longer than ${LONGEST_ATTRIBUTE} characters`);
  }
  if (text.includes("\0")) return refuse(idx, "invalid-attribute", `attribute ${name} contains NUL`);
  if (!text.isWellFormed()) return refuse(idx, "invalid-attribute", `attribute ${name} contains half a surrogate pair`);
  return spanOf(text);
}

function timeOf(tape: JsonTape, members: EventMembers, name: "time" | "recordedtime", absent: number, idx: number): number | Refusal {
  const place = members.placeOf(MEMBER[name]);
  if (place < 0 || tape.kind(place) === KIND.null) return absent;
  const micros = tape.kind(place) === KIND.string ? readTime(tape, place, name === "time" ? time : recordedTime) : undefined;
  if (micros === undefined) return refuse(idx, "invalid-time", `attribute ${name} is no RFC 3339 time`);
  return isTimeInRange(micros) ? micros : refuse(idx, "time-out-of-range", `attribute ${name} is outside the years 1970 to 2200`);
}

function readTime(tape: JsonTape, place: number, reader: TimeReader): number | undefined {
  const start = tape.start(place);
  const end = tape.end(place);
  return reader.read(isPlain(tape, start, end) ? { bytes: tape.bytes, start, end } : spanOf(textBetween(tape, start, end)));
}

/** `dataversion`, else the number that `dataschema` ends with ("…/order/v2"), else 0. Undefined if `dataversion` is there and wrong. */
function versionOf(tape: JsonTape, members: EventMembers): number | undefined {
  const dataversion = attributeValue(tape, members, MEMBER.dataversion);
  if (dataversion !== undefined) {
    const version = typeof dataversion === "string" && /^\d{1,5}$/.test(dataversion) ? Number(dataversion) : dataversion;
    return typeof version === "number" && Number.isInteger(version) && version >= 1 && version <= 65_535 ? version : undefined;
  }
  const dataschema = attributeValue(tape, members, MEMBER.dataschema);
  if (typeof dataschema !== "string") return 0;
  return Number(/[/:#@.v-](\d{1,4})$/.exec(dataschema)?.[1] ?? 0);
}

/** The value of an attribute that few events have; undefined if it is absent or null. */
export function attributeValue(tape: JsonTape, members: EventMembers, member: Member): unknown {
  const place = members.placeOf(member);
  return place < 0 || tape.kind(place) === KIND.null ? undefined : valueOf(tape, place);
}
