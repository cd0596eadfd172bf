import { KIND, JsonTape } from "../json/json-tape.ts";
import { findMembers, MEMBER } from "./event-members.ts";

/** Where the data of a structured event stands in its text. */
export interface LocatedData {
  /** Members of the event, one that stands twice counted twice. */
  readonly members: number;
  /** The bytes of its `data`; undefined if it has none. */
  readonly data: Uint8Array | undefined;
}

/** Finds the data of an event, so that it can be sent on as it is. @param json an object in JSON */
export function locateData(json: Uint8Array): LocatedData {
  const tape = new JsonTape();
  if (tape.read(Buffer.from(json.buffer, json.byteOffset, json.byteLength), Infinity) !== undefined || tape.kind(0) !== KIND.object)
    return { members: 0, data: undefined };
  let members = 0;
  for (let place = 1; place < tape.next(0); place = tape.next(place)) members += 1;
  const place = findMembers(tape, 0).placeOf(MEMBER.data);
  return { members, data: place < 0 ? undefined : tape.bytesOf(place) };
}
