import type { JsonTape } from "../json/json-tape.ts";
import { isPlain, keyOf } from "../json/json-text.ts";
import { oncePerLayout } from "../json/layouts.ts";

/** The members of a CloudEvent that mean something here. */
export const MEMBER = {
  specversion: 0,
  id: 1,
  source: 2,
  type: 3,
  subject: 4,
  time: 5,
  recordedtime: 6,
  dataversion: 7,
  dataschema: 8,
  datacontenttype: 9,
  data: 10,
  data_base64: 11,
} as const;

/** A number of {@link MEMBER}. */
export type Member = (typeof MEMBER)[keyof typeof MEMBER];

const NAMES = Object.entries(MEMBER).map(([name, member]) => ({ name, member, bytes: Buffer.from(name) }));
const LONGEST = Math.max(...NAMES.map(({ bytes }) => bytes.length));
/** Names by their length: a key is compared with three at most. */
const BY_LENGTH = Array.from({ length: LONGEST + 1 }, (_, length) => NAMES.filter(({ bytes }) => bytes.length === length));

/** Where the members of an event stand on its tape. */
export class EventMembers {
  readonly #places: Int32Array;

  /** @param places by {@link Member}; -1 where there is none */
  constructor(places: Int32Array) {
    this.#places = places;
  }

  /** Where a member's value stands; -1 if there is none. */
  placeOf(member: Member): number {
    return this.#places[member] ?? -1;
  }
}

/** Looks through an object. Of a key that stands twice the last counts. */
export const findMembers = oncePerLayout((tape, object) => {
  const places = new Int32Array(NAMES.length).fill(-1);
  const end = tape.next(object);
  for (let place = object + 1; place < end; place = tape.next(place)) {
    const member = memberAt(tape, place);
    if (member >= 0) places[member] = place;
  }
  return new EventMembers(places);
});

function memberAt(tape: JsonTape, place: number): number {
  const start = tape.keyStart(place);
  const end = tape.keyEnd(place);
  // JSON may escape any letter ("d\u0061ta").
  if (!isPlain(tape, start, end)) return NAMES.find(({ name }) => name === keyOf(tape, place))?.member ?? -1;
  for (const { bytes, member } of BY_LENGTH[end - start] ?? []) if (startsWith(tape.bytes, start, bytes)) return member;
  return -1;
}

function startsWith(text: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index += 1) if (text[start + index] !== name[index]) return false;
  return true;
}
