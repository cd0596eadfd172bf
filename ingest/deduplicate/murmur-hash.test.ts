import { describe, expect, it } from "vitest";
import { murmurHash } from "./murmur-hash.ts";

/** The hash of bytes, as the sixteen bytes that the reference implementation writes. */
function hashOf(bytes: Uint8Array, seed: number): Buffer {
  const padded = new Uint8Array(Math.ceil(bytes.length / 16) * 16 + 16);
  padded.set(bytes);
  const out = new Int32Array(4);
  murmurHash(new Int32Array(padded.buffer), bytes.length, seed, out);
  return Buffer.from(out.buffer);
}

/** As four words, the way most libraries print it. */
function wordsOf(text: string): string {
  const hash = hashOf(Buffer.from(text), 0);
  return [0, 4, 8, 12].map((at) => hash.readUInt32LE(at).toString(16).padStart(8, "0")).join("");
}

describe("murmurHash", () => {
  it("has the verification value that SMHasher states for MurmurHash3_x86_128", () => {
    const hashes = Array.from({ length: 256 }, (_, length) =>
      hashOf(
        Uint8Array.from({ length }, (__, index) => index),
        256 - length,
      ),
    );
    expect(hashOf(Buffer.concat(hashes), 0).readUInt32LE(0)).toBe(0xb3ece62a);
  });

  it("gives what other libraries give", () => {
    expect(wordsOf("")).toBe("0".repeat(32));
    expect(wordsOf("I will not buy this tobacconist's, it is scratched.")).toBe("9b5b7ba2ef3f7866889adeaf00f3f98e");
  });
});
