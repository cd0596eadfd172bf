import { KIND, type JsonTape } from "./json-tape.ts";

const BACKSLASH = 0x5c;

/** The text or key whose bytes, without quotes, are [start, end) of the tape's. */
export function textBetween(tape: JsonTape, start: number, end: number): string {
  const sent = tape.bytes.toString("utf8", start, end);
  return tape.hasEscapes && sent.includes("\\") ? (JSON.parse(`"${sent}"`) as string) : sent;
}

/** Whether the bytes between two places of a text or key are its characters: none is escaped. */
export function isPlain(tape: JsonTape, start: number, end: number): boolean {
  if (!tape.hasEscapes) return true;
  const { bytes } = tape;
  for (let at = start; at < end; at += 1) if (bytes[at] === BACKSLASH) return false;
  return true;
}

/** The key of a member, or undefined of what is no member. */
export function keyOf(tape: JsonTape, place: number): string | undefined {
  const start = tape.keyStart(place);
  return start < 0 ? undefined : textBetween(tape, start, tape.keyEnd(place));
}

/** The text of a number as it was sent. */
export function numberText(tape: JsonTape, place: number): string {
  return tape.bytes.toString("latin1", tape.start(place), tape.end(place));
}

/** A value's text as it was sent. */
export function jsonText(tape: JsonTape, place: number): string {
  const quote = tape.kind(place) === KIND.string ? 1 : 0;
  return tape.bytes.toString("utf8", tape.start(place) - quote, tape.end(place) + quote);
}

/** A value as `JSON.parse` makes it. */
export function valueOf(tape: JsonTape, place: number): unknown {
  return JSON.parse(jsonText(tape, place));
}
