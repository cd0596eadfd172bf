/** A text as UTF-8: the bytes [start, end) of a buffer. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A text's bytes. */
export function spanOf(text: string): Span {
  const bytes = Buffer.from(text, "utf8");
  return { bytes, start: 0, end: bytes.length };
}

/** The text that the bytes are. */
export function spanText({ bytes, end, start }: Span): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}

/** Whether two texts are the same. Neighbours in a log mostly differ in length or in their last bytes, if at all. */
export function isSameSpan(one: Span, other: Span): boolean {
  const length = one.end - one.start;
  if (other.end - other.start !== length) return false;
  for (let index = length - 1; index >= 0; index -= 1) if (one.bytes[one.start + index] !== other.bytes[other.start + index]) return false;
  return true;
}
