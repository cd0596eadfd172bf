import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A file of the spool folder. */
export interface SpoolFile {
  readonly path: string;
  remove(): Promise<void>;
}

/** Request bodies and held results on disk, so that their size is not the memory's business. */
export class Spool {
  readonly #directory: string;
  #made = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Opens the folder and empties it: what lies there is left over from a crash. */
  static async open(directory: string): Promise<Spool> {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    return new Spool(directory);
  }

  /** A name nobody uses. */
  next(): SpoolFile {
    const path = join(this.#directory, `${++this.#made}.spool`);
    return { path, remove: () => rm(path, { force: true }) };
  }

  /** Writes a stream to a file; resolves when all of it is there, rejects and removes the file if the stream breaks off. */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<SpoolFile> {
    const file = this.next();
    try {
      await pipeline(
        Readable.from(chunks, { objectMode: false, highWaterMark: 1024 * 1024 }),
        createWriteStream(file.path, { highWaterMark: 1024 * 1024 }),
      );
      return file;
    } catch (error) {
      await file.remove();
      throw error;
    }
  }
}
