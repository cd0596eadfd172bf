import { describe, expect, it } from "vitest";
import { toLogMessage, type LogMessage } from "./log-message.ts";

/** Reads a message from bytes in which its parts follow one another, as in what a server sends. */
function read(reply: string, { subject = "shop.order", headers = "", payload = "{}" } = {}): LogMessage {
  const bytes = Buffer.from(`HMSG ${subject} ${reply}\r\n${headers}${payload}\r\n`);
  const subjectEnd = 5 + Buffer.byteLength(subject);
  const replyEnd = subjectEnd + 1 + Buffer.byteLength(reply);
  const headerStart = replyEnd + 2;
  const payloadStart = headerStart + Buffer.byteLength(headers);
  const payloadEnd = bytes.length - 2;
  return toLogMessage(bytes, { subjectStart: 5, subjectEnd, replyStart: subjectEnd + 1, replyEnd, headerStart, payloadStart, payloadEnd });
}

describe("toLogMessage", () => {
  const expected = { seq: 1_234_567_890_123, storedAt: 1_795_771_800_123_456, deliverySeq: 42, pending: 7 };
  it.each([
    ["2.9", "$JS.ACK.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7"],
    ["2.11 without a domain", "$JS.ACK._.acchash.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7"],
    ["2.11", "$JS.ACK.hub.acchash.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7.r4nd0m"],
    ["a random token of digits", "$JS.ACK.hub.acchash.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7.99999"],
  ])("reads the reply subject of %s", (_name, reply) => {
    expect(read(reply)).toMatchObject({ ...expected, subject: "shop.order", headerBytes: undefined });
  });

  it("reads one after the other, of either form", () => {
    const long = "$JS.ACK.hub.acchash.SHOP.c.1.9.8.1795771800000000000.6.r";
    const short = "$JS.ACK.S.c.1.5.4.1795771800000000000.3";
    for (const [reply, seq, pending] of [
      [long, 9, 6],
      [short, 5, 3],
      [long, 9, 6],
    ] as const) {
      expect(read(reply)).toMatchObject({ seq, pending });
    }
  });

  it("tells subjects apart, of the same length too, from one message to the next", () => {
    for (const subject of ["shop.order", "shop.other", "shop.order", "shop.a", "größe"]) {
      expect(read("$JS.ACK.S.c.1.1.1.1000.0", { subject })).toMatchObject({ subject });
    }
  });

  it("keeps microseconds exactly for as long as a double holds them, to the year 2255", () => {
    expect(read("$JS.ACK.S.c.1.1.1.9007199254740991999.0").storedAt).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("parts headers from the payload", () => {
    const headers = "NATS/1.0\r\na: b\r\n\r\n";
    const message = read("$JS.ACK.S.c.1.1.1.1000.0", { headers, payload: '{"a":1}' });
    expect(message.headerBytes!.toString()).toBe(headers);
    expect(message.payload.toString()).toBe('{"a":1}');
    expect(read("$JS.ACK.S.c.1.1.1.1000.0", { headers, payload: "" }).payload).toHaveLength(0);
  });
});
