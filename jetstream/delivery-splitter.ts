import { toLogMessage, type LogMessage } from "./log-message.ts";

/** Reads what a server sends, in any pieces; of the NATS client, or in front of it. */
export interface ProtocolParser {
  parse(bytes: Uint8Array): void;
}

/** Who takes what a consumer delivers, by the id of the subscription. */
export type DeliveryHandlers = ReadonlyMap<number, (message: LogMessage) => void>;

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const LETTER_H = 0x48;
const LETTER_M = 0x4d;
const ZERO = 0x30;
const LINE_END_BYTES = 2;
/** Spaces of a control line: "HMSG <subject> <sid> <reply> <header bytes> <bytes>", "MSG <subject> <sid> <reply> <bytes>"; without a reply one less, or two spaces in a row, as in front of a status. */
const MOST_SPACES = 5;

/**
 * Stands in front of the NATS client's parser and takes out what consumers deliver to the handlers' subscriptions; all else goes on to the client, in whole lines and messages. The client walks a
 * control line byte by byte through a state machine, then again in parts, and makes four views and an object of it: 2.0 µs a message, where one pass takes 0.6 µs.
 * Source: https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class DeliverySplitter implements ProtocolParser {
  readonly #client: ProtocolParser;
  readonly #handlers: DeliveryHandlers;
  /** Bytes of a line or message whose end has not come yet, and how many must be there before a look is worth while. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #needed = 0;
  readonly #spaces = new Int32Array(MOST_SPACES);

  constructor(client: ProtocolParser, handlers: DeliveryHandlers) {
    this.#client = client;
    this.#handlers = handlers;
  }

  parse(chunk: Uint8Array): void {
    const bytes = this.#withHeld(chunk);
    if (!bytes) return;
    let at = 0;
    while (at < bytes.length) {
      const end = this.#take(bytes, at);
      if (end > bytes.length) {
        this.#hold(bytes.subarray(at), end - at);
        return;
      }
      at = end;
    }
  }

  /** @returns nothing while more must come */
  #withHeld(chunk: Uint8Array): Buffer | undefined {
    if (this.#heldBytes === 0) return asBuffer(chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#needed) return undefined;
    const joined = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    return joined;
  }

  #hold(bytes: Uint8Array, needed: number): void {
    this.#held = [bytes];
    this.#heldBytes = bytes.length;
    this.#needed = needed;
  }

  /** Takes one line, or one message with the line in front of it. @returns where it ends; beyond the bytes if it is not all there, and then nothing was done */
  #take(bytes: Buffer, start: number): number {
    const first = bytes[start];
    if (first !== LETTER_H && first !== LETTER_M) {
      const lineEnd = bytes.indexOf(LINE_FEED, start);
      if (lineEnd < 0) return bytes.length + 1;
      this.#client.parse(bytes.subarray(start, lineEnd + 1));
      return lineEnd + 1;
    }
    const spaces = this.#spaces;
    let count = 0;
    let at = start;
    for (; bytes[at] !== LINE_FEED; at += 1) {
      if (at >= bytes.length) return bytes.length + 1;
      if (bytes[at] === SPACE && count < MOST_SPACES) {
        spaces[count] = at;
        count += 1;
      }
    }
    const headerStart = at + 1;
    const end = headerStart + digits(bytes, (spaces[count - 1] ?? 0) + 1, at - 1) + LINE_END_BYTES;
    if (end > bytes.length) return end;
    const isHandled =
      count === (first === LETTER_H ? MOST_SPACES : MOST_SPACES - 1) && this.#deliver(bytes, first === LETTER_H, headerStart, end);
    if (!isHandled) this.#client.parse(bytes.subarray(start, end));
    return end;
  }

  /** @returns whether the message is a delivery that somebody takes */
  #deliver(bytes: Buffer, hasHeaders: boolean, headerStart: number, end: number): boolean {
    const [beforeSubject = 0, beforeSid = 0, beforeReply = 0, beforeSize = 0, beforeTotal = 0] = this.#spaces;
    const handler = this.#handlers.get(digits(bytes, beforeSid + 1, beforeReply));
    const hasReply = beforeSize > beforeReply + 1;
    if (!handler || !hasReply) return false;
    handler(
      toLogMessage(bytes, {
        subjectStart: beforeSubject + 1,
        subjectEnd: beforeSid,
        replyStart: beforeReply + 1,
        replyEnd: beforeSize,
        headerStart,
        payloadStart: hasHeaders ? headerStart + digits(bytes, beforeSize + 1, beforeTotal) : headerStart,
        payloadEnd: end - LINE_END_BYTES,
      }),
    );
    return true;
  }
}

function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + ((bytes[at] ?? ZERO) - ZERO);
  return value;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
