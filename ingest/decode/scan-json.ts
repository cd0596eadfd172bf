const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const DOT = 0x2e;
const MINUS = 0x2d;

/** A number with an exponent or of 16 digits and more: it may be infinite, or an integer that 64 bits cannot hold. */
export const LARGE_NUMBER = 1;
/** An escaped surrogate: it may lack its other half. */
export const SURROGATE = 2;
/** A key with a dot, or with an escape that may be one: it may name the same path as nested keys do. */
export const DOTTED_KEY = 4;

/** An escape by code (\\u…) in any text: only then can a text hold NUL or half a surrogate pair. */
export const ESCAPED = 8;

/** What a look at the bytes of a JSON document tells. Positions are byte offsets into the buffer scanned. */
export interface JsonScan {
  /** Deepest nesting; a scalar has 0. */
  depth: number;
  /** Keys at any depth of the whole document. */
  keys: number;
  /** Keys of the outermost object. */
  outerKeys: number;
  /** The value of the outermost member "data"; -1 if it has none. */
  dataStart: number;
  dataEnd: number;
  /** Keys at any depth inside that value. */
  dataKeys: number;
  /** {@link LARGE_NUMBER}, {@link SURROGATE}, {@link DOTTED_KEY} and {@link ESCAPED}, found anywhere. */
  hazards: number;
  /** Start and end of each element, if the document is an array: [start, end, start, end, …]. */
  elements: number[];
}

const NO_ELEMENTS: number[] = [];

/**
 * Looks at a JSON document that `JSON.parse` has accepted, in one pass over its bytes (0.4 µs for 220 bytes): where `data` lies, so that it is stored
 * as it was sent (a parse and re-stringify would cost 2 µs and the digits of large integers), and what needs a closer look.
 */
export function scanJson(bytes: Uint8Array, start: number, end: number): JsonScan {
  const scan: JsonScan = { depth: 0, keys: 0, outerKeys: 0, dataStart: -1, dataEnd: -1, dataKeys: 0, hazards: 0, elements: NO_ELEMENTS };
  let depth = 0;
  let keys = 0;
  let keysBeforeData = 0;
  let inData = false;
  let textStart = 0;
  let textEnd = 0;
  let elementStart = -1;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      textStart = at + 1;
      at = endOfString(bytes, textStart, scan);
      textEnd = at;
    } else if (byte === COLON) {
      keys += 1;
      if (mayHaveDot(bytes, textStart, textEnd)) scan.hazards |= DOTTED_KEY;
      if (depth !== 1) continue;
      scan.outerKeys += 1;
      if (isData(bytes, textStart, textEnd)) {
        inData = true;
        scan.dataStart = at + 1;
        keysBeforeData = keys;
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth === 1 && byte === 0x5b) {
        elementStart = at + 1;
        scan.elements = [];
      }
      if (depth > scan.depth) scan.depth = depth;
    } else if (byte === 0x7d || byte === 0x5d || byte === COMMA) {
      if (depth === 1) {
        if (inData) {
          scan.dataEnd = at;
          scan.dataKeys = keys - keysBeforeData;
          inData = false;
        }
        if (elementStart >= 0) {
          scan.elements.push(elementStart, at);
          elementStart = at + 1;
        }
      }
      if (byte !== COMMA) depth -= 1;
    } else if (byte === MINUS || (byte >= 0x30 && byte <= 0x39)) {
      at = endOfNumber(bytes, at, end, scan) - 1;
    }
  }
  scan.keys = keys;
  return scan;
}

/** The numbers of a JSON text, as written; what looks like one inside a string is none. No regular expression: on long strings they run out of stack. */
export function* numbersIn(bytes: Buffer): Generator<string> {
  const ignored = { hazards: 0 };
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = endOfString(bytes, at + 1, ignored);
    else if (byte === MINUS || (byte >= 0x30 && byte <= 0x39)) {
      const end = endOfNumber(bytes, at, bytes.length, ignored);
      yield bytes.toString("latin1", at, end);
      at = end - 1;
    }
  }
}

function endOfString(bytes: Uint8Array, start: number, scan: Pick<JsonScan, "hazards">): number {
  let at = start;
  for (let byte = bytes[at]; byte !== QUOTE && byte !== undefined; byte = bytes[at]) {
    if (byte !== BACKSLASH) {
      at += 1;
      continue;
    }
    if (bytes[at + 1] === 0x75) {
      // \uD800 to \uDFFF
      scan.hazards |= ((bytes[at + 2] ?? 0) | 0x20) === 0x64 ? ESCAPED | SURROGATE : ESCAPED;
    }
    at += 2;
  }
  return at;
}

function endOfNumber(bytes: Uint8Array, start: number, end: number, scan: Pick<JsonScan, "hazards">): number {
  let at = start + 1;
  for (; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) continue;
    if (byte === 0x65 || byte === 0x45) scan.hazards |= LARGE_NUMBER;
    else if (byte !== DOT && byte !== MINUS && byte !== 0x2b) break;
  }
  if (at - start >= 16) scan.hazards |= LARGE_NUMBER;
  return at;
}

function mayHaveDot(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === DOT || bytes[at] === BACKSLASH) return true;
  return false;
}

/** Whether a key is "data", however it is written: JSON may escape any letter ("d\u0061ta"), which takes five bytes more. */
function isData(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 4) return bytes[start] === 0x64 && bytes[start + 1] === 0x61 && bytes[start + 2] === 0x74 && bytes[start + 3] === 0x61;
  if (length < 9 || length > 24 || (length - 4) % 5 !== 0) return false;
  const key = Buffer.from(bytes.subarray(start - 1, end + 1)).toString("utf8");
  return key.includes("\\") && JSON.parse(key) === "data";
}
