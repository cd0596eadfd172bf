import { KIND, type JsonTape } from "./json-tape.ts";

/** Layouts kept; when there are more, all are forgotten and learned anew. */
const MOST_LAYOUTS = 512;
/** Documents of more values, or longer keys, are worked out each time. */
const MOST_VALUES = 256;
const MOST_KEY_BYTES = 4_096;
/** A layout is learned when it comes a second time: a document with ids for keys never does. */
const SEEN = 1_024;
const FNV_PRIME = 0x01000193;
/** Sorts of values: what a layout tells apart. A number is a number, whether it has a point or not. */
const SORT = new Int32Array(8);
SORT[KIND.false] = 1;
SORT[KIND.true] = 1;
SORT[KIND.integer] = 2;
SORT[KIND.double] = 2;
SORT[KIND.string] = 3;
SORT[KIND.array] = 4;
SORT[KIND.object] = 5;

/** How a document is built, whatever its texts and numbers are: its keys in their order, its nesting, and the sort of each value. */
export class Layout {
  /** What was worked out of it: by question, then by place (`oncePerLayout`). */
  readonly facts: unknown[][] = [];
  /** Of each value: its sort, the place after it, the length of its key. */
  readonly #shape: Int32Array;
  readonly #keys: Uint8Array;

  constructor(tape: JsonTape) {
    const values = tape.next(0);
    const keys: Uint8Array[] = [];
    this.#shape = new Int32Array(values * 3);
    for (let place = 0; place < values; place += 1) {
      this.#shape.set([sortOf(tape, place), tape.next(place), keyLength(tape, place)], place * 3);
      keys.push(tape.bytes.subarray(tape.keyStart(place), tape.keyEnd(place)));
    }
    this.#keys = Buffer.concat(keys);
  }

  isOf(tape: JsonTape): boolean {
    const shape = this.#shape;
    const keys = this.#keys;
    const { bytes } = tape;
    const values = tape.next(0);
    if (values * 3 !== shape.length) return false;
    let known = 0;
    for (let place = 0, at = 0; place < values; place += 1, at += 3) {
      if (shape[at] !== sortOf(tape, place) || shape[at + 1] !== tape.next(place)) return false;
      const end = tape.keyEnd(place);
      let sent = tape.keyStart(place);
      if (shape[at + 2] !== end - sent) return false;
      for (; sent < end; sent += 1, known += 1) if (bytes[sent] !== keys[known]) return false;
    }
    return true;
  }
}

/**
 * Tells documents that are built alike: a log is mostly made of few layouts, and what follows from one (where its members stand, whether a key stands twice, the paths in ClickHouse's
 * bytes) need not be worked out again for each event. Finding the layout of an event of 13 values takes 0.2 µs.
 */
export class Layouts {
  readonly #byHash = new Map<number, Layout>();
  readonly #seen = new Int32Array(SEEN);
  #last: Layout | undefined;

  /** The layout of what a tape holds; undefined if it is not known, is too large or has keys with escapes. */
  of(tape: JsonTape): Layout | undefined {
    // Neighbours are mostly alike: the hash then is not needed.
    if (this.#last?.isOf(tape) === true) return this.#last;
    if (tape.next(0) > MOST_VALUES) return undefined;
    const hash = hashOf(tape);
    const found = this.#byHash.get(hash);
    const layout = found?.isOf(tape) === true ? found : this.#learn(tape, hash);
    if (layout) this.#last = layout;
    return layout;
  }

  /** Of two layouts with one hash the later stays. */
  #learn(tape: JsonTape, hash: number): Layout | undefined {
    const slot = hash & (SEEN - 1);
    if (this.#seen[slot] !== hash) {
      this.#seen[slot] = hash;
      return undefined;
    }
    if (keyBytes(tape) > MOST_KEY_BYTES) return undefined;
    if (this.#byHash.size >= MOST_LAYOUTS) this.#byHash.clear();
    const layout = new Layout(tape);
    this.#byHash.set(hash, layout);
    return layout;
  }
}

let questions = 0;

/**
 * Makes a question about a value whose answer follows from the document's layout and the value's place alone, and so is worked out once for all documents of the layout. The answer must not hold on to the tape or
 * its bytes. Meant for module level, or once for each schema: each question takes a slot of every layout.
 */
export function oncePerLayout<Answer extends boolean | number | string | object>(
  workOut: (tape: JsonTape, place: number) => Answer,
): (tape: JsonTape, place: number) => Answer {
  const question = questions;
  questions += 1;
  return (tape, place) => {
    const { layout } = tape;
    if (!layout) return workOut(tape, place);
    const answers = (layout.facts[question] ??= []);
    const known = answers[place] as Answer | undefined;
    if (known !== undefined) return known;
    const answer = workOut(tape, place);
    answers[place] = answer;
    return answer;
  };
}

function sortOf(tape: JsonTape, place: number): number {
  return SORT[tape.kind(place)] ?? 0;
}

function keyLength(tape: JsonTape, place: number): number {
  return tape.keyEnd(place) - tape.keyStart(place);
}

function keyBytes(tape: JsonTape): number {
  let bytes = 0;
  for (let place = 0; place < tape.next(0); place += 1) bytes += keyLength(tape, place);
  return bytes;
}

/** FNV-1a over keys, sorts and nesting. Never 0, which stands for nothing seen. */
function hashOf(tape: JsonTape): number {
  const { bytes } = tape;
  const values = tape.next(0);
  let hash = 0x811c9dc5;
  for (let place = 0; place < values; place += 1) {
    const end = tape.keyEnd(place);
    for (let at = tape.keyStart(place); at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
    hash = Math.imul(hash ^ (sortOf(tape, place) | (tape.next(place) << 3)), FNV_PRIME);
  }
  return hash === 0 ? 1 : hash;
}
