import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CommandFailure } from "../errors.ts";

/** A line of a file, without its end. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Why it cannot be read as text; then `bytes` are not whole. */
  readonly problem?: string;
  readonly bytes: Buffer;
}

/** A longer line is no event (a NATS message holds 1 MiB unless told otherwise) and would only fill the memory. */
const LONGEST_LINE = 64 * 1024 * 1024;
const NEWLINE = 10;

/** A file being read line by line. */
export interface LineSource {
  readonly lines: AsyncGenerator<Line>;
  /** Bytes read of the file so far (compressed, if it is). */
  bytesRead(): number;
}

/**
 * Reads lines from a file, or from standard input for "-"; gzip is recognized by its first bytes, not by a name.
 * @param signal ends the lines early
 */
export function openLines(path: string, signal: AbortSignal): LineSource {
  const source = path === "-" ? process.stdin : createReadStream(path);
  signal.addEventListener("abort", () => source.destroy(), { once: true });
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of source) {
        bytes += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };
  return { lines: splitLines(unzipIfNeeded(counted(), path)), bytesRead: () => bytes };
}

async function* unzipIfNeeded(chunks: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = (async function* (): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* chunks;
  })();
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(whole, path);
  else yield* whole;
}

async function* gunzip(chunks: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Buffer> {
  const unzip = createGunzip();
  const feeding = feed(chunks, unzip);
  try {
    for await (const chunk of unzip as Readable) yield chunk as Buffer;
    await feeding;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new CommandFailure(`${path}: the gzip data is damaged (${error.message}); the lines before the damage were read.`, {
      cause: error,
    });
  }
}

async function feed(chunks: AsyncGenerator<Buffer>, unzip: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (unzip.destroyed) return;
      if (!unzip.write(chunk)) await new Promise((resolve) => unzip.once("drain", resolve).once("close", resolve));
    }
    unzip.end();
  } catch (error) {
    unzip.destroy(error as Error);
  }
}

function isZlibError(error: unknown): error is Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code !== undefined && /^Z_|^ERR_ZLIB/.test(code);
}

/** Cuts a stream of bytes at line feeds; a carriage return before one goes too, and a byte order mark at the beginning. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, longest = LONGEST_LINE): AsyncGenerator<Line> {
  let number = 1;
  let held: Buffer[] = [];
  let size = 0;
  const take = (end: Buffer): Line => {
    const line = lineOf(number, size + end.length > longest ? undefined : Buffer.concat([...held, end]), longest);
    number += 1;
    held = [];
    size = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield take(chunk.subarray(start, end));
      start = end + 1;
    }
    size += chunk.length - start;
    if (size > longest) held = [];
    else held.push(chunk.subarray(start));
  }
  if (size > 0) yield take(Buffer.alloc(0));
}

function lineOf(number: number, whole: Buffer | undefined, longest: number): Line {
  if (!whole) return { number, bytes: Buffer.alloc(0), problem: `longer than ${longest} bytes` };
  const start = number === 1 && whole.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  const end = whole.at(-1) === 13 ? whole.length - 1 : whole.length;
  const bytes = whole.subarray(start, end);
  return isUtf8(bytes) ? { number, bytes } : { number, bytes, problem: "not valid UTF-8" };
}
