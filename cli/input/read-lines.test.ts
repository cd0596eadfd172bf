import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { array, assert, asyncProperty, integer, string } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLines, splitLines } from "./read-lines.ts";

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function texts(lines: AsyncIterable<{ bytes: Buffer; problem?: string }>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line.problem ?? line.bytes.toString("utf8"));
  return found;
}

describe("splitLines", () => {
  it("gives the same lines however the bytes arrive", async () => {
    const line = string({ unit: "binary" }).map((text) => text.replaceAll(/[\n\r\uFEFF]|\p{Surrogate}/gu, ""));
    await assert(
      asyncProperty(array(line, { minLength: 1 }), integer({ min: 1, max: 40 }), async (lines, size) => {
        const whole = Buffer.from(lines.map((text) => `${text}\n`).join(""));
        expect(await texts(splitLines(inChunks(whole, size)))).toEqual(lines);
      }),
    );
  });

  it("takes a last line without an end, Windows line ends and a byte order mark", async () => {
    expect(await texts(splitLines(inChunks(Buffer.from("\uFEFFa\r\n\r\nb"), 100)))).toEqual(["a", "", "b"]);
  });

  it("reports what is not UTF-8 or too long, and goes on", async () => {
    const bytes = Buffer.concat([Buffer.from("good\n"), Buffer.from([0xff, 0xfe, 10]), Buffer.from(`${"x".repeat(50)}\nlast\n`)]);
    expect(await texts(splitLines(inChunks(bytes, 7), 20))).toEqual(["good", "not valid UTF-8", "longer than 20 bytes", "last"]);
  });
});

describe("openLines", () => {
  let folder = "";
  const never = new AbortController().signal;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hydrograph-lines-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("recognizes gzip by its bytes, also in several members", async () => {
    const file = join(folder, "named-as-text.ndjson");
    await writeFile(file, Buffer.concat([gzipSync("one\n"), gzipSync("two\n")]));
    expect(await texts(openLines(file, never).lines)).toEqual(["one", "two"]);
  });

  it("reads an empty file as no lines", async () => {
    const file = join(folder, "empty.ndjson");
    await writeFile(file, "");
    expect(await texts(openLines(file, never).lines)).toEqual([]);
  });

  it("names the file whose gzip data ends early", async () => {
    const file = join(folder, "cut.ndjson.gz");
    const whole = gzipSync(Array.from({ length: 5_000 }, (_, index) => `line ${index * 7919}`).join("\n"));
    await writeFile(file, whole.subarray(0, whole.length / 2));
    await expect(texts(openLines(file, never).lines)).rejects.toThrow(/cut\.ndjson\.gz: the gzip data is damaged/);
  });

  it("ends when it is told to stop", async () => {
    const file = join(folder, "long.ndjson");
    await writeFile(file, "line\n".repeat(100_000));
    const controller = new AbortController();
    let count = 0;
    for await (const _line of openLines(file, controller.signal).lines) {
      count += 1;
      if (count === 10) controller.abort();
    }
    expect(count).toBeLessThan(100_000);
  });
});
