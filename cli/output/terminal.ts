import { once } from "node:events";
import type { Readable } from "node:stream";
import { styleText } from "node:util";
import { EXIT } from "../exit-codes.ts";

/** Styles that the terminal output uses. */
export type Style = "bold" | "dim" | "cyan" | "green" | "red" | "yellow";

/** Where a command's answers and its remarks go. Answers (stdout) can be piped; remarks and progress (stderr) are for whoever watches. */
export interface Terminal {
  /** Writes an answer; resolves when there is room for more. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Writes a whole stream of answers. */
  writeAll(stream: Readable): Promise<void>;
  /** Writes a remark on a line of its own. */
  note(line: string): void;
  /** Redraws the last line of the remarks; only for {@link interactive} ones. */
  redraw(line: string): void;
  /** Styles text, unless colours are unwanted. */
  paint(style: Style, text: string): string;
  /** Whether somebody watches the remarks on a terminal. */
  readonly interactive: boolean;
  /** Whether answers go to a terminal. */
  readonly answersShown: boolean;
  /** Columns of the terminal; 100 if it is none. */
  readonly width: number;
}

const CLEAR_LINE = "\r\u001B[2K";

/**
 * The process's own terminal. Whoever reads the answers may stop reading (`| head`): then the process ends quietly,
 * as there is nobody left to tell. Whoever reads the remarks may go too: the work goes on, unheard.
 */
export function processTerminal(options: { readonly color: boolean }): Terminal {
  const { stdout, stderr } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    stderr.write(`hydrograph: the answer could not be written: ${error.code === "ENOSPC" ? "the disk is full" : error.message}.\n`);
    process.exit(EXIT.failure);
  });
  stderr.on("error", () => {});
  let drawn = false;
  const clear = (): string => {
    const text = drawn ? CLEAR_LINE : "";
    drawn = false;
    return text;
  };
  const write = async (chunk: string | Uint8Array): Promise<void> => {
    if (drawn) stderr.write(clear());
    if (!stdout.write(chunk)) await once(stdout, "drain");
  };
  return {
    write,
    writeAll: async (stream) => {
      for await (const chunk of stream) await write(chunk as Uint8Array);
    },
    note: (line) => stderr.write(`${clear()}${line}\n`),
    redraw: (line) => {
      stderr.write(`${clear()}${line.slice(0, (stderr.columns || 100) - 1)}`);
      drawn = true;
    },
    paint: (style, text) => (options.color ? styleText(style, text) : text),
    interactive: stderr.isTTY,
    answersShown: stdout.isTTY,
    // A pseudo-terminal without a size says 0.
    width: Math.max(40, stdout.columns || 100),
  };
}
