import { headers, type Msg } from "nats";
import { describe, expect, it } from "vitest";
import { toLogMessage } from "./log-message.ts";

function delivered(reply: string, bytes = Buffer.from("{}"), headerLength = -1): Msg {
  return {
    subject: "shop.order",
    reply,
    data: headerLength > 0 ? bytes.subarray(headerLength) : bytes,
    _msg: { hdr: headerLength, subject: Buffer.from("shop.order"), reply: Buffer.from(reply) },
    _rdata: bytes,
  } as unknown as Msg;
}

describe("toLogMessage", () => {
  const expected = { seq: 1_234_567_890_123, storedAt: 1_795_771_800_123_456, deliverySeq: 42, pending: 7 };
  it.each([
    ["2.9", "$JS.ACK.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7"],
    ["2.11 without a domain", "$JS.ACK._.acchash.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7"],
    ["2.11", "$JS.ACK.hub.acchash.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7.r4nd0m"],
    ["a random token of digits", "$JS.ACK.hub.acchash.SHOP.c0nsum3r.1.1234567890123.42.1795771800123456789.7.99999"],
  ])("reads the reply subject of %s", (_name, reply) => {
    expect(toLogMessage(delivered(reply))).toMatchObject({ ...expected, subject: "shop.order", headerBytes: undefined });
  });

  it("reads one after the other, of either form", () => {
    const long = "$JS.ACK.hub.acchash.SHOP.c.1.9.8.1795771800000000000.6.r";
    const short = "$JS.ACK.S.c.1.5.4.1795771800000000000.3";
    for (const [reply, seq, pending] of [
      [long, 9, 6],
      [short, 5, 3],
      [long, 9, 6],
    ] as const) {
      expect(toLogMessage(delivered(reply))).toMatchObject({ seq, pending });
    }
  });

  it("tells subjects apart, of the same length too, from one message to the next", () => {
    for (const subject of ["shop.order", "shop.other", "shop.order", "shop.a", "größe"]) {
      const bytes = Buffer.from(subject);
      expect(
        toLogMessage({ subject, reply: "", data: bytes, _msg: { hdr: -1, subject: bytes }, _rdata: bytes } as unknown as Msg),
      ).toMatchObject({ subject });
      bytes.fill(0);
    }
  });

  it("keeps microseconds exactly for as long as a double holds them, to the year 2255", () => {
    expect(toLogMessage(delivered("$JS.ACK.S.c.1.1.1.9007199254740991999.0")).storedAt).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("parts headers from the payload", () => {
    const head = "NATS/1.0\r\na: b\r\n\r\n";
    const message = toLogMessage(delivered("$JS.ACK.S.c.1.1.1.1000.0", Buffer.from(`${head}{"a":1}`), head.length));
    expect(message.headerBytes!.toString()).toBe(head);
    expect(message.payload.toString()).toBe('{"a":1}');
    expect(toLogMessage(delivered("$JS.ACK.S.c.1.1.1.1000.0", Buffer.from(head), head.length)).payload).toHaveLength(0);
  });

  it("does without what the client keeps of a message: the same comes of its headers and data", () => {
    const reply = "$JS.ACK.S.c.1.7.1.1000.0";
    const header = headers();
    header.append("a", "b");
    header.append("a", "ü: c");
    header.append("Nats-Msg-Id", "1");
    const bare = { subject: "shop.order", reply, headers: header, data: new Uint8Array([1, 2]) } as unknown as Msg;
    const head = "NATS/1.0\r\na: b\r\na: ü: c\r\nNats-Msg-Id: 1\r\n\r\n";
    const whole = Buffer.concat([Buffer.from(head), Buffer.from([1, 2])]);
    expect(toLogMessage(bare)).toStrictEqual(toLogMessage(delivered(reply, whole, Buffer.byteLength(head))));
    const { headers: _none, ...headless } = bare;
    expect(toLogMessage(headless as Msg)).toStrictEqual(toLogMessage(delivered(reply, Buffer.from([1, 2]))));
  });
});
