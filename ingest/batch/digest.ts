import { createHash } from "node:crypto";
import type { LogMessage } from "../../jetstream/index.ts";

const STAGING_BYTES = 64 * 1024;

/**
 * SHA-256 over messages in order: for each its sequence, then subject, headers and payload, each with its length in front (all numbers 64-bit
 * little-endian), so that no other messages make the same bytes. Messages are gathered 64 KiB at a time: a call of the hash for each would cost 1.1 µs, a copy 0.1 µs.
 */
export class MessageDigest {
  readonly #hash = createHash("sha256");
  readonly #staging = Buffer.allocUnsafe(STAGING_BYTES);
  #length = 0;
  /** The last subject and its bytes: neighbours mostly share theirs. */
  #subject = "";
  #subjectBytes = Buffer.alloc(0);

  add(message: LogMessage): void {
    const { headerBytes, payload, subject } = message;
    if (subject !== this.#subject) {
      this.#subject = subject;
      this.#subjectBytes = Buffer.from(subject, "utf8");
    }
    this.#number(message.seq);
    this.#number(this.#subjectBytes.length);
    this.#bytes(this.#subjectBytes);
    this.#number(headerBytes?.length ?? 0);
    if (headerBytes) this.#bytes(headerBytes);
    this.#number(payload.length);
    this.#bytes(payload);
  }

  /** The digest in hexadecimal; nothing can be added afterwards. */
  finish(): string {
    this.#flush();
    return this.#hash.digest("hex");
  }

  #number(value: number): void {
    if (this.#length + 8 > STAGING_BYTES) this.#flush();
    this.#word(value | 0);
    this.#word((value / 4_294_967_296) | 0);
  }

  #word(value: number): void {
    const staging = this.#staging;
    const at = this.#length;
    staging[at] = value;
    staging[at + 1] = value >>> 8;
    staging[at + 2] = value >>> 16;
    staging[at + 3] = value >>> 24;
    this.#length = at + 4;
  }

  #bytes(bytes: Buffer): void {
    if (this.#length + bytes.length > STAGING_BYTES) this.#flush();
    if (bytes.length > STAGING_BYTES) {
      this.#hash.update(bytes);
      return;
    }
    bytes.copy(this.#staging, this.#length);
    this.#length += bytes.length;
  }

  #flush(): void {
    this.#hash.update(this.#staging.subarray(0, this.#length));
    this.#length = 0;
  }
}
