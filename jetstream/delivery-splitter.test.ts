import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeliverySplitter, type ProtocolParser } from "./delivery-splitter.ts";
import type { LogMessage } from "./log-message.ts";

/** What the NATS client's own parser calls its owner with: kind 1 is a message. */
interface ClientPart {
  readonly kind: number;
  readonly msg?: { readonly subject: Uint8Array; readonly sid: number; readonly reply?: Uint8Array; readonly hdr: number };
  readonly data?: Uint8Array;
}

const { Parser } = createRequire(import.meta.url)("nats/lib/nats-base-client/parser.js") as {
  Parser: new (owner: { push(part: ClientPart): void }) => ProtocolParser;
};

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("latin1");

/** The client's parser, which notes what it reads. */
function client(): { readonly parser: ProtocolParser; readonly parts: unknown[] } {
  const parts: unknown[] = [];
  const push = ({ data, kind, msg }: ClientPart): void => {
    const headers = Math.max(0, msg?.hdr ?? 0);
    const body = text(data);
    parts.push(
      msg
        ? {
            sid: msg.sid,
            subject: text(msg.subject),
            reply: text(msg.reply),
            headers: body.slice(0, headers),
            payload: body.slice(headers),
          }
        : { kind, body },
    );
  };
  return { parser: new Parser({ push }), parts };
}

const HANDLED = [1, 12];
const reply = (n: number): string => `$JS.ACK.S.c.1.${n}.${n}.1795771800123456789.3`;
const bytesOf = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const message = fc.record({
  subject: fc.constantFrom("shop.order", "shop.a", "_INBOX.x"),
  sid: fc.constantFrom(1, 2, 12, 123),
  isDelivery: fc.boolean(),
  spaced: fc.boolean(),
  headers: fc.option(fc.constantFrom("NATS/1.0\r\na: b\r\n\r\n", "NATS/1.0 100 Idle Heartbeat\r\n\r\n"), { nil: "" }),
  payload: bytesOf,
});
const line = fc.constantFrom("PING\r\n", "PONG\r\n", "+OK\r\n", "-ERR 'Slow Consumer'\r\n", 'INFO {"a":1}\r\n');
const stream = fc.array(fc.oneof({ weight: 4, arbitrary: message }, line), { maxLength: 30 });

/** The bytes of what a server sends. */
function sent(
  parts: readonly (string | { subject: string; sid: number; isDelivery: boolean; spaced?: boolean; headers: string; payload: string })[],
): Buffer {
  const lines = parts.map((part, index) => {
    if (typeof part === "string") return part;
    const { headers, isDelivery, payload, sid, spaced, subject } = part;
    const head = [
      subject,
      sid,
      // nats-server leaves two spaces where a status has no reply.
      ...(isDelivery ? [reply(index)] : spaced === true ? [""] : []),
      ...(headers === "" ? [] : [headers.length]),
      headers.length + payload.length,
    ];
    return `${headers === "" ? "MSG" : "HMSG"} ${head.join(" ")}\r\n${headers}${payload}\r\n`;
  });
  return Buffer.from(lines.join(""), "latin1");
}

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

describe("DeliverySplitter", () => {
  it("reads, from any pieces, what the client's own parser reads, in the same order for each side", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 40 }), (parts, cuts) => {
        const bytes = sent(parts);
        const alone = client();
        alone.parser.parse(bytes);
        const behind = client();
        const taken: unknown[] = [];
        const handlers = new Map(
          HANDLED.map((sid) => [
            sid,
            ({ deliverySeq, headerBytes, payload, pending, seq, storedAt, subject }: LogMessage) => {
              expect({ deliverySeq, pending, storedAt }).toStrictEqual({ deliverySeq: seq, pending: 3, storedAt: 1_795_771_800_123_456 });
              taken.push({ sid, subject, reply: reply(seq), headers: text(headerBytes), payload: text(payload) });
            },
          ]),
        );
        const splitter = new DeliverySplitter(behind.parser, handlers);
        for (const piece of pieces(bytes, cuts)) splitter.parse(piece);
        const isTaken = (part: unknown): boolean => {
          const { reply: to, sid } = part as { sid?: number; reply?: string };
          return sid !== undefined && HANDLED.includes(sid) && to !== "";
        };
        expect(taken).toStrictEqual(alone.parts.filter(isTaken));
        expect(behind.parts).toStrictEqual(alone.parts.filter((part) => !isTaken(part)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("waits for a message of many pieces without looking at each", () => {
    const payload = "x".repeat(100_000);
    const bytes = sent([{ subject: "shop.order", sid: 1, isDelivery: true, headers: "", payload }, "PING\r\n"]);
    const got: string[] = [];
    const { parser, parts } = client();
    const splitter = new DeliverySplitter(parser, new Map([[1, (taken) => void got.push(taken.payload.toString())]]));
    for (let at = 0; at < bytes.length; at += 1_000) splitter.parse(bytes.subarray(at, at + 1_000));
    expect(got).toStrictEqual([payload]);
    expect(parts).toHaveLength(1);
  });

  it("leaves to the client what nobody takes any more", () => {
    const bytes = sent([{ subject: "shop.order", sid: 1, isDelivery: true, headers: "", payload: "a" }]);
    const handlers = new Map([[1, () => void handlers.delete(1)]]);
    const { parser, parts } = client();
    const splitter = new DeliverySplitter(parser, handlers);
    splitter.parse(Buffer.concat([bytes, bytes]));
    expect(parts).toHaveLength(1);
  });
});
