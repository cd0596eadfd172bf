import { createReadStream } from "node:fs";
import type { Engine, EngineSession, Outcome } from "./engine.ts";
import { quote } from "./engine.ts";
import { EngineError, toEngineError } from "./engine-error.ts";
import type { OutputPipes } from "./output-pipes.ts";
import type { QueryResponse, Summary } from "./query-response.ts";
import type { EndpointRequest } from "./request.ts";
import type { RequestSql } from "./request-sql.ts";
import { sessionSetup } from "./settings.ts";
import type { Spool } from "./spool.ts";
import type { Statement } from "./statement.ts";

/** What the endpoint needs to run statements. */
export interface Workshop {
  readonly engine: Engine;
  readonly pipes: OutputPipes;
  readonly spool: Spool;
}

/** Runs one statement in a session and sends its result, or its error, as the response. */
export async function runStatement(
  shop: Workshop,
  session: EngineSession,
  request: EndpointRequest,
  sql: RequestSql,
  response: QueryResponse,
): Promise<void> {
  const setup = sessionSetup(request);
  if (setup !== "") await session.run(setup);
  const { statement } = sql;
  if (statement.kind === "refused") throw new EngineError(statement.code, statement.name, statement.reason);
  if (statement.kind === "empty")
    throw new EngineError(62, "SYNTAX_ERROR", "Syntax error: failed at position 1 (end of query): Empty query");
  if (statement.kind === "insert-data") return response.finish(await insertData(shop, session, statement, sql));
  if (statement.kind === "rows") return sendRows(shop, session, request, sql.text, statement, response);
  const outcome = await session.run(slice(sql.text, 0, statement.end), request.defaultFormat);
  await response.write(outcome.output);
  return response.finish({ resultRows: outcome.rows, resultBytes: outcome.bytes });
}

/** The data goes to a file first: only a complete request is inserted, and as one INSERT, in any format (chDB takes binary formats only from files). */
async function insertData(
  shop: Workshop,
  session: EngineSession,
  statement: Statement & { kind: "insert-data" },
  sql: RequestSql,
): Promise<Summary> {
  const file = await shop.spool.write(dataOf(sql, statement.dataAt));
  try {
    const compression = sql.compression === undefined ? "" : ` COMPRESSION ${quote(sql.compression)}`;
    const head = slice(sql.text, 0, statement.infileAt);
    const clauses = slice(sql.text, statement.infileAt, statement.headEnd);
    const { rows, bytes } = await session.run(
      `${head}\nFROM INFILE ${quote(file.path)}${compression}\n${clauses} FORMAT ${statement.format}`,
    );
    return { readRows: rows, readBytes: bytes, writtenRows: rows, writtenBytes: bytes, resultRows: rows, resultBytes: bytes };
  } finally {
    await file.remove();
  }
}

async function* dataOf(sql: RequestSql, from: number): AsyncGenerator<Uint8Array> {
  if (from < sql.text.length) yield sql.text.subarray(from);
  yield* sql.rest;
}

type RowsStatement = Statement & { kind: "rows" };

async function sendRows(
  shop: Workshop,
  session: EngineSession,
  request: EndpointRequest,
  text: Buffer,
  statement: RowsStatement,
  response: QueryResponse,
): Promise<void> {
  if (!/^\w+$/.test(request.defaultFormat)) throw new EngineError(73, "UNKNOWN_FORMAT", `Unknown format ${request.defaultFormat}`);
  response.setFormat(statement.format ?? request.defaultFormat);
  const run = (path: string): Promise<Outcome> => runInto(session, request, text, statement, path);
  const outcome = await (request.waitEndOfQuery ? throughFile(shop, run, response) : throughPipe(shop, run, response));
  await response.write(outcome.output);
  return response.finish({ readRows: outcome.rows, readBytes: outcome.bytes, resultRows: outcome.rows, resultBytes: outcome.bytes });
}

async function runInto(
  session: EngineSession,
  request: EndpointRequest,
  text: Buffer,
  statement: RowsStatement,
  path: string,
): Promise<Outcome> {
  const tail = slice(text, statement.outputAt, statement.end) || `FORMAT ${request.defaultFormat}`;
  try {
    return await session.run(`${slice(text, 0, statement.outputAt)}\nINTO OUTFILE ${quote(path)} APPEND ${tail}`);
  } catch (error) {
    // The message of a syntax error is about the text with our clause in it: let the engine judge the client's own text.
    if (error instanceof EngineError && error.code === 62) return session.run(slice(text, 0, statement.end), request.defaultFormat);
    throw error;
  }
}

/** Streams the result as the engine makes it. */
async function throughPipe(shop: Workshop, run: (path: string) => Promise<Outcome>, response: QueryResponse): Promise<Outcome> {
  const pipe = await shop.pipes.acquire();
  try {
    response.onClientGone(() => {
      pipe.output.destroy();
      void shop.engine.killByTag(pipe.path);
    });
    const finished = run(pipe.path).then(
      (outcome) => ({ outcome, error: undefined }),
      (error: unknown) => ({ outcome: undefined, error: toEngineError(error) }),
    );
    void finished.then(() => pipe.endInput());
    try {
      for await (const chunk of pipe.output as AsyncIterable<Buffer>) await response.write(chunk);
    } catch (error) {
      if (!response.clientGone) throw error;
    }
    const { outcome, error } = await finished;
    if (error) throw error;
    return outcome;
  } finally {
    await pipe.release();
  }
}

/** wait_end_of_query: nothing is sent before all of the result is on disk, so an error is always an HTTP status. */
async function throughFile(shop: Workshop, run: (path: string) => Promise<Outcome>, response: QueryResponse): Promise<Outcome> {
  const file = shop.spool.next();
  response.onClientGone(() => void shop.engine.killByTag(file.path));
  try {
    const outcome = await run(file.path);
    if (outcome.output.length === 0)
      for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) await response.write(chunk);
    return outcome;
  } finally {
    await file.remove();
  }
}

function slice(text: Buffer, from: number, to: number): string {
  return text.subarray(from, to).toString("utf8");
}
