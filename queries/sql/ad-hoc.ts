import type { Readable } from "node:stream";
import { ClickHouseFailure, type ClickHouse } from "../../clickhouse/index.ts";
import { QueryError } from "../query-error.ts";

/** One statement that only reads. */
export interface AdHocRequest {
  /** One SELECT (or SHOW, DESCRIBE, EXPLAIN, EXISTS) without FORMAT; values as `{name:Type}`. */
  readonly sql: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Any output format of ClickHouse, e.g. "JSONEachRow", "CSVWithNames", "Parquet". */
  readonly format: string;
  /** An answer with more rows is refused, not cut. */
  readonly maxRows: number;
  /** An answer of more bytes is refused; at most, and by default, 1 GiB: ClickHouse holds the answer until it is whole, so that an error is an error and not the end of a file. */
  readonly maxBytes?: number;
  /** The query is stopped after so long. */
  readonly maxSeconds: number;
  /** Kills the query. */
  readonly signal?: AbortSignal;
}

const MOST_BYTES = 2 ** 30;

/**
 * Runs SQL of the user's own within limits, and hands on the bytes of its answer. What it may do is up to settings, which ClickHouse enforces:
 * nothing is parsed here, so there is nothing to slip past.
 * @throws QueryError if the statement is wrong, would write, or meets a limit: one sentence
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function adHoc(clickhouse: ClickHouse, request: AdHocRequest): Promise<Readable> {
  const { maxBytes = MOST_BYTES, maxRows, maxSeconds, format, params, signal } = request;
  checkRequest(request);
  try {
    return await clickhouse.bytes({
      name: "Ad-hoc query",
      sql: request.sql.replace(/[\s;]+$/, ""),
      format,
      settings: {
        readonly: "1",
        max_result_rows: String(maxRows),
        max_result_bytes: String(maxBytes),
        result_overflow_mode: "throw",
        max_execution_time: maxSeconds,
        timeout_overflow_mode: "throw",
        wait_end_of_query: 1,
        // Fields of JSON have no declared type: `GROUP BY data.country` is what people write first.
        allow_suspicious_types_in_group_by: 1,
        allow_suspicious_types_in_order_by: 1,
      },
      ...(params ? { params } : {}),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw error instanceof ClickHouseFailure ? explain(error, request) : error;
  }
}

function checkRequest({ sql, format, maxRows, maxSeconds, params = {} }: AdHocRequest): void {
  if (sql.trim() === "") throw new QueryError("There is no SQL to run.");
  if (!/^[A-Za-z0-9]{1,40}$/.test(format)) throw new QueryError(`There is no output format ${JSON.stringify(format)}.`);
  if (!Number.isSafeInteger(maxRows) || maxRows < 1) throw new QueryError("The most rows must be a whole number above 0.");
  if (!(maxSeconds > 0 && maxSeconds <= 86_400)) throw new QueryError("The most seconds must be a number above 0, and a day at most.");
  const wrong = Object.keys(params).find((name) => !/^[A-Za-z_]\w{0,63}$/.test(name));
  if (wrong !== undefined)
    throw new QueryError(`A parameter cannot be called ${JSON.stringify(wrong)}: letters, digits and "_" make a name.`);
}

/** Failures that the sentence of the limit or the rule explains best, by ClickHouse's code. */
const TOO_MUCH = new Set([158, 396]);
const TOO_LONG = new Set([159, 160]);
const NOT_ALLOWED = new Set([164, 358, 392, 497]);
/** Of the failures that somebody else must mend, those that the author of a statement causes: an unknown column, session or table. */
const UNKNOWN_NAME = new Set([16, 36, 60]);

/** A failure in the words of whoever wrote the statement; failures of the server stay what they are. */
function explain(failure: ClickHouseFailure, { maxBytes = MOST_BYTES, maxRows, maxSeconds }: AdHocRequest): Error {
  const { code, kind } = failure;
  if (code === undefined) return failure;
  const refusal = (sentence: string): QueryError => new QueryError(sentence, { cause: failure });
  if (TOO_MUCH.has(code))
    return refusal(
      `The answer has more than ${maxRows.toLocaleString("en")} rows or ${showSize(maxBytes)}: add a LIMIT, or allow more rows.`,
    );
  if (TOO_LONG.has(code)) return refusal(`The query took longer than ${maxSeconds} s: ask about a shorter time, or allow more seconds.`);
  if (NOT_ALLOWED.has(code))
    return refusal("The statement would write, read outside of the database, or change a setting: only reading is allowed here.");
  if ((kind === "pause" && !UNKNOWN_NAME.has(code)) || kind === "slow-down") return failure;
  return refusal(`ClickHouse cannot run it: ${sentenceOf(failure.serverText)}`);
}

function showSize(bytes: number): string {
  return bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${bytes / 2 ** 20} MiB`;
}

/** The server's own words without its version and the list of everything that might have followed. */
function sentenceOf(serverText: string): string {
  const plain = serverText
    .replace(/^(Code: \d+\. )?(DB::Exception: )*/, "")
    .replace(/ Expected one of: .*$/s, "")
    .replace(/ ?\((version|official build).*$/s, "")
    .trim();
  return /[.?!]$/.test(plain) ? plain : `${plain}.`;
}
