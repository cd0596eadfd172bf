import { Problem, toProblem } from "./problem.ts";
import { readToken } from "./token.ts";

/** Questions under way at once. More are not answered sooner: ClickHouse takes all cores for each. */
const MOST_AT_ONCE = 3;
/** Tries of a question that the server is too busy for. */
const TRIES = 3;
const RETRY_MS = 300;

let underWay = 0;
const waiting: (() => void)[] = [];

/** Whether everything that was asked is answered. */
export function isQuiet(): boolean {
  return underWay === 0 && waiting.length === 0;
}

/**
 * Asks the HTTP API when it is its turn: with a body a question is posted, without one something is read.
 * @param path below `/v1/`
 * @throws Problem; the signal's reason if it aborts
 */
export async function ask<Answer>(path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  if (underWay >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  underWay += 1;
  try {
    return await askNow<Answer>(path, body, signal);
  } finally {
    underWay -= 1;
    waiting.shift()?.();
  }
}

/** The same at once, whatever else is asked. */
export async function askNow<Answer>(path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  try {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const response = await send(path, body, signal);
      if (response.ok) return (await response.json()) as Answer;
      if (response.status !== 503 || attempt === TRIES) throw await problemOf(response);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw toProblem(error);
  }
}

function send(path: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
  const token = readToken();
  return fetch(`/v1/${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(signal ? { signal } : {}),
  });
}

async function problemOf(response: Response): Promise<Problem> {
  const told = (await response.json().catch(() => undefined)) as { detail?: string } | undefined;
  return new Problem(response.status, told?.detail ?? `The server answered ${response.status} ${response.statusText}.`);
}
