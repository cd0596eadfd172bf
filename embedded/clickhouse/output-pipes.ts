import { execFile } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { EngineError } from "./engine-error.ts";

const run = promisify(execFile);

/** A named pipe that the engine writes a result into while Node reads it. */
export interface OutputPipe {
  /** For `INTO OUTFILE '<path>' APPEND`. */
  readonly path: string;
  /** What the engine writes; ends after {@link endInput}. A reader that pauses stops the engine after 64 KiB in the pipe. */
  readonly output: Socket;
  /** To be called when the engine has finished with the statement. */
  endInput(): void;
  /** Gives the pipe back. To be called when the engine has finished; the output may be unread. */
  release(): void;
}

/**
 * Named pipes for results. The engine has no API that streams every format as one document (its chunks are documents of their own),
 * but INTO OUTFILE does: any format, back-pressure from the reader to the engine's threads, constant memory, errors afterwards.
 * Measured: 160 MB of RowBinary in 0.5 s, 0.2 ms more than a buffered result for a small SELECT.
 */
export class OutputPipes {
  readonly #free: string[];
  readonly #inUse = new Set<string>();

  private constructor(paths: string[]) {
    this.#free = paths;
  }

  /** Makes the pipes once for all: each start of `mkfifo` would copy the page tables of a process of half a gigabyte. */
  static async create(directory: string, count: number): Promise<OutputPipes> {
    const paths = Array.from({ length: count }, (_, index) => join(directory, `out-${index}.pipe`));
    await run("mkfifo", paths);
    return new OutputPipes(paths);
  }

  /** @throws EngineError 202 if all are in use */
  acquire(): OutputPipe {
    const path = this.#free.pop();
    if (path === undefined) throw new EngineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries");
    this.#inUse.add(path);
    // Neither open blocks: the reader because of O_NONBLOCK, the writer because a reader exists. Our own writer keeps the pipe from ending early.
    // Synchronous calls, as a named pipe never waits for a disk: four trips to the thread pool cost more than the query.
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    let writer: number | undefined = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const output = new Socket({ fd: reader, readable: true, writable: false });
    const endInput = (): void => {
      if (writer !== undefined) closeSync(writer);
      writer = undefined;
    };
    const release = (): void => {
      endInput();
      const giveBack = (): void => {
        this.#inUse.delete(path);
        this.#free.push(path);
      };
      if (output.closed) giveBack();
      else output.once("close", giveBack).destroy();
    };
    return { path, output, endInput, release };
  }

  /** Calls `end` with the path of every pipe in use. */
  async endReaders(end: (path: string) => Promise<void>): Promise<void> {
    await Promise.all([...this.#inUse].map(end));
  }
}
