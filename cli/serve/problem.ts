import { STATUS_CODES } from "node:http";
import { ClickHouseFailure } from "../../clickhouse/index.ts";

/** Why a request gets no answer: its status, and a sentence for people. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** `application/problem+json` (RFC 9457): the status, its name, and the sentence that the command would say. */
export function problem(error: unknown): Response {
  const { headers, message, status } = refusalOf(error);
  const body = { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail: message };
  return new Response(`${JSON.stringify(body)}\n`, { status, headers: { ...headers, "content-type": "application/problem+json" } });
}

/** Errors that blame the question, by name: their sentences are for whoever asked. */
const BLAME_THE_QUESTION = new Set(["QueryError", "UsageError"]);
/** ClickHouse gave up: it took too long, or had too many rows or bytes to read. */
const TOO_LONG = 159;
const TOO_MUCH = new Set([158, 307, 396]);

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof ClickHouseFailure) return refusalOfClickHouse(error);
  if (error instanceof Error && BLAME_THE_QUESTION.has(error.name)) return new Refusal(400, error.message);
  return new Refusal(500, "Something unexpected went wrong; the log of the server has the details.");
}

function refusalOfClickHouse(failure: ClickHouseFailure): Refusal {
  const { code, kind, message } = failure;
  if (code === TOO_LONG)
    return new Refusal(504, "The question took too long: ask for a shorter range, or allow the server more with --max-seconds.");
  if (code !== undefined && TOO_MUCH.has(code)) return new Refusal(400, message);
  return kind === "retry" || kind === "slow-down" ? new Refusal(503, message, { "retry-after": "1" }) : new Refusal(500, message);
}
