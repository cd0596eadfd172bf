import { ClickHouseError } from "@clickhouse/client";

/**
 * What a failed request to ClickHouse means for whoever sent it:
 * - `retry`: the outcome is unknown or the server is unwell: send the same again;
 * - `slow-down`: it has too many parts or too much to do: send the same again, later;
 * - `pause`: nothing can work until somebody acts (wrong password, missing table, full disk);
 * - `bad-data`: a row is at fault: sending it again fails again, its neighbours may go in;
 * - `bad-statement`: the statement is at fault, whatever the rows.
 */
export type FailureKind = "retry" | "slow-down" | "pause" | "bad-data" | "bad-statement";

/** A failed request to ClickHouse. The message is safe to log: what the server quotes of the data stays in `serverText`, which is not enumerable. */
export class ClickHouseFailure extends Error {
  override readonly name = "ClickHouseFailure";
  readonly kind: FailureKind;
  /** ClickHouse's error code, if it answered. */
  readonly code: number | undefined;
  /** The server's own words, which may quote row contents: show them to whoever wrote the statement, never log them. */
  declare readonly serverText: string;

  constructor(kind: FailureKind, message: string, options: { code?: number | undefined; serverText?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.kind = kind;
    this.code = options.code;
    Object.defineProperty(this, "serverText", { value: options.serverText ?? "", enumerable: false });
    Object.defineProperty(this, "cause", { enumerable: false });
  }
}

/**
 * Too many parts (252) or bytes that wait (574), memory (241), quotas and limits of users (201, 700, 776), too many queries, requests or connections
 * (202, 203, 364, 749, 762), no thread (439), overload (745).
 */
const SLOW_DOWN = new Set([201, 202, 203, 241, 252, 364, 439, 574, 700, 745, 749, 762, 776]);
/**
 * Database or table missing (81, 60), column missing (16), auth and access (192, 193, 194, 195, 291, 497, 516, 720), forbidden by the profile (392, 452, 472),
 * read-only (164, 774), disk full (243).
 */
const PAUSE = new Set([16, 60, 81, 164, 192, 193, 194, 195, 243, 291, 392, 452, 472, 497, 516, 720, 774]);
/**
 * Codes that blame a row: it cannot be parsed or converted, is too large, or breaks a constraint. Only these make dead letters. Any code in none of these lists
 * is retried: wrongly retrying is seen as lag, wrongly rejecting loses an event.
 * Source: union of the lists of clickhouse-kafka-connect and GlassFlow, less what a migration or an administrator can cure.
 */
const BAD_DATA = new Set([
  6, 25, 26, 27, 33, 38, 41, 69, 70, 72, 117, 130, 131, 190, 248, 321, 349, 376, 407, 441, 467, 469, 645, 675, 676,
]);
/**
 * Codes that blame the statement: syntax, unknown functions and settings, wrong types, rows or bytes beyond its own limits. Not time (159): that may suffice
 * the next time.
 */
const BAD_STATEMENT = new Set([
  7, 8, 10, 15, 20, 35, 36, 42, 43, 44, 46, 47, 49, 50, 53, 62, 63, 80, 115, 116, 158, 179, 184, 215, 307, 386, 396, 440, 456, 457, 641,
]);

/** Turns whatever the client threw into a {@link ClickHouseFailure}; `what` begins the sentence, e.g. "Insert into events". */
export function toFailure(error: unknown, what: string): ClickHouseFailure {
  if (error instanceof ClickHouseFailure) return error;
  if (error instanceof ClickHouseError) {
    const code = Number(error.code);
    const kind = kindOf(code);
    const type = error.type ?? "error";
    return new ClickHouseFailure(kind, `${what}: ClickHouse answered ${type} (code ${code})${advice(code)}.`, {
      code,
      serverText: error.message,
    });
  }
  const reason = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code || error.name : String(error);
  if (reason === "Timeout error.") {
    return new ClickHouseFailure("retry", `${what}: no answer from ClickHouse within the time that the connection allows it (timeoutMs).`, {
      cause: error,
    });
  }
  return new ClickHouseFailure("retry", `${what}: no answer from ClickHouse (${reason.split("\n")[0]}).`, { cause: error });
}

function kindOf(code: number): FailureKind {
  if (SLOW_DOWN.has(code)) return "slow-down";
  if (PAUSE.has(code)) return "pause";
  if (BAD_DATA.has(code)) return "bad-data";
  return BAD_STATEMENT.has(code) ? "bad-statement" : "retry";
}

function advice(code: number): string {
  if (code === 60 || code === 81 || code === 16) return ': run "hydrograph migrate"';
  if (code === 243) return ": the disk is full, free some space";
  if (code === 516 || code === 192 || code === 193 || code === 194) return ": check the user and password";
  if (code === 497 || code === 164) return ": the user lacks a permission";
  if (code === 392 || code === 452 || code === 472) return ": the user's profile forbids it";
  if (code === 720) return ": the user has expired";
  return "";
}
