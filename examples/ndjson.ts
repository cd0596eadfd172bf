import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Lines are handed on in texts of about this many characters: one write a line would cost three times as much. */
const CHUNK = 65_536;

/**
 * Writes events to standard output, one JSON text a line, as fast as the reader takes them. A reader that has seen enough (`| head`) ends it
 * without an error.
 */
export async function writeNdjson(events: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks(events)), process.stdout);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
}

async function* chunks(events: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  let text = "";
  for await (const event of events) {
    text += `${JSON.stringify(event)}\n`;
    if (text.length < CHUNK) continue;
    yield text;
    text = "";
  }
  yield text;
}
