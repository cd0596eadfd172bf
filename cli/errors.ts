import { EXIT } from "./exit-codes.ts";

/** What the user gave is at fault: a flag, the config, a file. The message says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something outside failed, and the message says all there is to say. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

/** The user or the system asked the command to stop. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("Interrupted before it was done; nothing is left half-written.");
  }
}

/** An error as the command ends with it. */
export interface Failure {
  readonly sentence: string;
  readonly exitCode: number;
}

/** The sentence and the exit code for whatever was thrown; with `verbose`, the stack and its causes too. */
export function describeFailure(error: unknown, verbose: boolean): Failure {
  const exitCode = exitCodeOf(error);
  const sentence = sentenceOf(error);
  return { exitCode, sentence: verbose ? `${sentence}\n${stackOf(error)}` : sentence };
}

/** Errors that blame what was given, told by name: importing their rooms would load half the program to report a wrong flag. */
const USAGE_ERRORS = new Set(["UsageError", "QueryError", "ReplayError"]);

function exitCodeOf(error: unknown): number {
  if (isAbort(error)) return EXIT.interrupted;
  return error instanceof Error && USAGE_ERRORS.has(error.name) ? EXIT.usage : EXIT.failure;
}

function sentenceOf(error: unknown): string {
  if (isAbort(error)) return new Interrupted().message;
  if (!(error instanceof Error)) return String(error);
  const serverText = "serverText" in error && typeof error.serverText === "string" ? error.serverText.trim() : "";
  if (serverText !== "") return `${error.message}\n${serverText}`;
  const known = diskSentence(error);
  if (known !== undefined) return known;
  // A TypeError and its like is a fault of ours, not of the user's: say so, and where the details are.
  const ours = error instanceof TypeError || error instanceof ReferenceError;
  return ours ? `Unexpected: ${error.message} (run it again with --verbose for the details).` : inFlags(error);
}

/** The library's names for what the command line calls otherwise. */
const FLAG_WORDS: readonly (readonly [library: RegExp, flag: string])[] = [
  [/ with "force"\.$/, " with --force."],
  [/ or allow more rows\.$/, " or allow more with --max-rows."],
  [/ or allow more seconds\.$/, " or allow more with --max-seconds."],
  [/^"(from|to)" must lie after "(from|to)"/, "--$1 must lie after --$2"],
  [/^"(from|to)" must lie /, "--$1 must lie "],
  [/^"limit" must be /, "--limit must be "],
  [/ choose another port for NATS\.$/, " choose another with --nats-port."],
  [/ choose another port for ClickHouse\.$/, " choose another with --clickhouse-port."],
];

/** A sentence of the library in the words of the command line. */
function inFlags({ message }: Error): string {
  return FLAG_WORDS.reduce((sentence, [library, flag]) => sentence.replace(library, flag), message);
}

function diskSentence(error: NodeJS.ErrnoException): string | undefined {
  const file = error.path === undefined ? "" : `${error.path}: `;
  if (error.code === "ENOSPC") return `${file}the disk is full: free some space and run the command again.`;
  if (error.code === "EACCES" || error.code === "EPERM") return `${file}permission denied: check who owns the file or folder.`;
  if (error.code === "EROFS") return `${file}the file system is read-only.`;
  if (error.code === "EISDIR") return `${file}this is a folder, a file is needed.`;
  if (error.code === "ENOENT" && error.path !== undefined) return `${file}there is no such file.`;
  return undefined;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "Interrupted");
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = stackOf(error.cause);
  return `${error.stack ?? ""}${cause === "" ? "" : `\nCaused by: ${cause}`}`;
}
