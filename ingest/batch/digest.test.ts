import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogMessage } from "../../jetstream/index.ts";
import { MessageDigest } from "./digest.ts";
import { logMessage } from "./log-message.test-support.ts";

function digestOf(messages: readonly LogMessage[]): string {
  const digest = new MessageDigest();
  for (const message of messages) digest.add(message);
  return digest.finish();
}

/** The same by the definition, one call of the hash for each part. */
function naiveDigest(messages: readonly LogMessage[]): string {
  const hash = createHash("sha256");
  const number = (value: number): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    hash.update(bytes);
  };
  for (const message of messages) {
    const subject = Buffer.from(message.subject);
    number(message.seq);
    for (const part of [subject, message.headerBytes ?? Buffer.alloc(0), message.payload]) {
      number(part.length);
      hash.update(part);
    }
  }
  return hash.digest("hex");
}

/** Lengths about the size of the staging buffer (64 KiB), where its boundaries lie. */
const length = fc.oneof(fc.nat(40), fc.integer({ min: 65_500, max: 65_560 }), fc.integer({ min: 32_740, max: 32_790 }), fc.nat(200_000));
const message = fc
  .record({
    seq: fc.maxSafeNat(),
    subject: fc.constantFrom("a", "b", "größe.ü", "shop.order"),
    payload: length.map((size) => Buffer.alloc(size, size % 251)),
    headerBytes: fc.option(
      fc.nat(70_000).map((size) => Buffer.alloc(size, 7)),
      { nil: undefined },
    ),
  })
  .map((parts) => logMessage(parts));

describe("MessageDigest", () => {
  it("is the hash of the parts, wherever the staging buffer's boundaries fall", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        expect(digestOf(messages)).toBe(naiveDigest(messages));
      }),
      { numRuns: 200 },
    );
  });

  it.each([65_535, 65_536, 65_537, 65_536 - 8, 65_536 - 24, 65_536 - 25])("takes a payload of %d bytes", (size) => {
    const messages = [logMessage({ payload: Buffer.alloc(size, 1) }), logMessage({ seq: 2 })];
    expect(digestOf(messages)).toBe(naiveDigest(messages));
  });

  it("tells messages apart whose bytes run into each other", () => {
    const one = digestOf([logMessage({ subject: "ab", payload: Buffer.from("c") })]);
    expect(digestOf([logMessage({ subject: "a", payload: Buffer.from("bc") })])).not.toBe(one);
    expect(digestOf([logMessage({ subject: "ab", headerBytes: Buffer.from("c"), payload: Buffer.alloc(0) })])).not.toBe(one);
    expect(digestOf([logMessage({ subject: "ab", payload: Buffer.from("c"), seq: 2 })])).not.toBe(one);
    expect(digestOf([logMessage({ seq: 1 }), logMessage({ seq: 2 })])).not.toBe(digestOf([logMessage({ seq: 2 }), logMessage({ seq: 1 })]));
  });

  it("is that of nothing for nothing", () => {
    expect(digestOf([])).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});
