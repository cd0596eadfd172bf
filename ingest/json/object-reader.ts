import { KIND, type JsonTape } from "./json-tape.ts";
import { jsonText, textBetween, valueOf } from "./json-text.ts";
import { numberValue } from "./number-value.ts";

/** Members of which the keys are remembered; objects of more are left to `JSON.parse`. */
const MOST_MEMBERS = 64;

/**
 * Makes objects of the tape, as `JSON.parse` does of the text. Neighbours in a log mostly have the same keys in the same order: comparing a key's bytes with those of the last object's saves making its
 * text, and numbers need none. For four fields 0.6 µs, where `JSON.parse` with the string it needs takes 1.0 µs.
 */
export class ObjectReader {
  readonly #keys: { readonly bytes: Uint8Array; readonly text: string }[] = [];

  /** @param object place of an object on the tape */
  read(tape: JsonTape, object: number): unknown {
    const value: Record<string, unknown> = {};
    const end = tape.next(object);
    let index = 0;
    for (let place = object + 1; place < end; place = tape.next(place)) {
      const key = index < MOST_MEMBERS ? this.#key(tape, place, index) : "__proto__";
      // Assigned, it would be the object's prototype and no member.
      if (key === "__proto__") return valueOf(tape, object);
      value[key] = memberValue(tape, place);
      index += 1;
    }
    return value;
  }

  #key(tape: JsonTape, place: number, index: number): string {
    const start = tape.keyStart(place);
    const end = tape.keyEnd(place);
    const known = this.#keys[index];
    if (known && isSame(tape.bytes, start, end, known.bytes)) return known.text;
    const text = textBetween(tape, start, end);
    this.#keys[index] = { bytes: Uint8Array.prototype.slice.call(tape.bytes, start, end), text };
    return text;
  }
}

function memberValue(tape: JsonTape, place: number): unknown {
  switch (tape.kind(place)) {
    case KIND.string:
      return textBetween(tape, tape.start(place), tape.end(place));
    case KIND.integer:
    case KIND.double:
      return numberValue(tape, place);
    case KIND.true:
      return true;
    case KIND.false:
      return false;
    case KIND.null:
      return null;
    default:
      return JSON.parse(jsonText(tape, place));
  }
}

function isSame(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let index = 0; index < other.length; index += 1) if (bytes[start + index] !== other[index]) return false;
  return true;
}
