import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { EngineSession, Outcome } from "./engine.ts";
import { quote } from "./engine.ts";
import { EngineError, toEngineError } from "./engine-error.ts";
import type { QueryResponse } from "./query-response.ts";
import type { EndpointRequest } from "./request.ts";
import type { Statement } from "./statement.ts";
import type { Workshop } from "./workshop.ts";

/** Runs the statement with its result going to a path; see {@link sendRows}. */
type RunInto = (path: string) => Promise<Outcome>;

/** Runs a statement that returns rows and sends them in the format that it names, or in the request's default format. */
export async function sendRows(
  shop: Workshop,
  session: EngineSession,
  request: EndpointRequest,
  text: Buffer,
  statement: Statement & { kind: "rows" },
  response: QueryResponse,
): Promise<void> {
  if (!/^\w+$/.test(request.defaultFormat)) throw new EngineError(73, "UNKNOWN_FORMAT", `Unknown format ${request.defaultFormat}`);
  response.setFormat(statement.format ?? request.defaultFormat);
  const before = text.toString("utf8", 0, statement.outputAt);
  const after = text.toString("utf8", statement.outputAt, statement.end);
  const runInto: RunInto = async (path) => {
    try {
      return await session.run(`${before}\nINTO OUTFILE ${quote(path)} APPEND ${after || `FORMAT ${request.defaultFormat}`}`);
    } catch (error) {
      // The message of a syntax error speaks of the text with our clause in it: let the engine judge the client's own text.
      if (error instanceof EngineError && error.code === 62) return session.run(before + after, request.defaultFormat);
      throw error;
    }
  };
  const outcome = await (request.waitEndOfQuery ? throughFile : throughPipe)(shop, request, runInto, response);
  await response.write(outcome.output);
  await response.finish({ readRows: outcome.rows, readBytes: outcome.bytes, resultRows: outcome.rows, resultBytes: outcome.bytes });
}

/** Streams the result while the engine makes it: a slow client slows the engine down, and a client that leaves ends the query. */
async function throughPipe(shop: Workshop, request: EndpointRequest, runInto: RunInto, response: QueryResponse): Promise<Outcome> {
  const pipe = shop.pipes.acquire();
  try {
    const finished = shop.running
      .track(request.queryId, pipe.path, () => runInto(pipe.path))
      .then(
        (outcome) => ({ outcome, error: undefined }),
        (error: unknown) => ({ outcome: undefined, error: toEngineError(error) }),
      );
    void finished.then(() => pipe.endInput());
    endWithClient(shop, response, pipe.path, finished);
    // To the end also when the client has gone: without a reader the engine would wait for one for ever when it opens the pipe.
    for await (const chunk of pipe.output as AsyncIterable<Buffer>) await response.write(chunk);
    const { outcome, error } = await finished;
    if (error) throw error;
    return outcome;
  } finally {
    pipe.release();
  }
}

/** wait_end_of_query: nothing is sent before all of the result is on disk, so every error is an HTTP status. */
async function throughFile(shop: Workshop, request: EndpointRequest, runInto: RunInto, response: QueryResponse): Promise<Outcome> {
  const file = shop.spool.next();
  try {
    const running = shop.running.track(request.queryId, file.path, () => runInto(file.path));
    endWithClient(shop, response, file.path, running);
    const outcome = await running;
    if (outcome.output.length === 0) {
      for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) await response.write(chunk);
    }
    return outcome;
  } finally {
    await file.remove();
  }
}

const KILL_PAUSE_MS = 100;

/** Ends a statement whose client has gone; again and again, as one that has not reached the engine yet is not among its processes. */
function endWithClient({ engine }: Workshop, response: QueryResponse, tag: string, running: Promise<unknown>): void {
  const over = running.then(
    () => true,
    () => true,
  );
  const end = async (): Promise<void> => {
    do await engine.killByTag(tag);
    while (!(await Promise.race([over, sleep(KILL_PAUSE_MS, false)])));
  };
  response.onClientGone(() => void end());
}
