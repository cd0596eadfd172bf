import type { EndpointUser } from "./authentication.ts";
import type { EngineSession } from "./engine.ts";
import { quote } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { insertData } from "./insert-data.ts";
import { rememberSettings } from "./kept-settings.ts";
import { isNativeHello, nativeHello } from "./native-hello.ts";
import type { QueryResponse, Summary } from "./query-response.ts";
import { checkReaderSettings } from "./read-only-guard.ts";
import type { EndpointRequest } from "./request.ts";
import type { RequestSql } from "./request-sql.ts";
import { sendRows } from "./send-rows.ts";
import { effectiveReadonly, sessionSetup } from "./settings.ts";
import { sqlTokens } from "./sql-tokens.ts";
import { readStatement } from "./statement.ts";
import type { Workshop } from "./workshop.ts";

/** Bytes; ClickHouse's default. */
const defaultMaxQuerySize = 262_144;

/** One request, as far as it has been read when its statement is to run. */
export interface Job {
  readonly request: EndpointRequest;
  readonly user: EndpointUser;
  readonly sql: RequestSql;
  readonly response: QueryResponse;
}

/**
 * Runs one statement in a session and sends its result.
 *
 * @throws EngineError to be sent as the response
 */
export async function runStatement(shop: Workshop, session: EngineSession, job: Job): Promise<void> {
  const { kind } = job.sql.statement;
  if (kind === "empty") throw new EngineError(62, "SYNTAX_ERROR", "Syntax error: failed at position 1 (end of query): Empty query");
  if (job.sql.statement.kind === "refused") throw new EngineError(job.sql.statement.code, job.sql.statement.name, job.sql.statement.reason);
  const { prepare, settings } = sessionSetup(job.request);
  const restore = job.request.session ? await rememberSettings(session, settings) : undefined;
  try {
    await prepareSession(shop, session, job, prepare);
    await dispatch(shop, session, job);
  } finally {
    await restore?.();
  }
}

async function prepareSession(shop: Workshop, session: EngineSession, { request, user, sql }: Job, prepare: string): Promise<void> {
  const readonly = user === "readonly" ? "1" : effectiveReadonly(request);
  const guarded = user === "readonly" || request.settings.has("readonly") ? readonly !== "0" : false;
  if (user === "readonly") {
    checkReaderSettings(request.settings.keys());
    if (request.session) throw new EngineError(164, "READONLY", "Sessions are not available to user readonly");
  }
  // readonly cannot be taken back, so a session that goes on gets a check of the statement instead.
  if (request.session && readonly !== "0" && sql.statement.kind !== "rows")
    throw new EngineError(164, "READONLY", "Cannot execute query in readonly mode");
  const lock = readonly === "0" || request.session ? "" : `SET readonly = ${readonly}`;
  await run(session, guarded ? [prepare] : [prepare, lock]);
  if (!guarded) return;
  await shop.guard.check(session, sql.text.toString("utf8"), sql.statement);
  await run(session, [lock]);
}

/** Several statements in one call: each costs 0.3 ms, mostly for the way to the engine and back. */
async function run(session: EngineSession, statements: readonly string[]): Promise<void> {
  const all = statements.filter((statement) => statement !== "").join("; ");
  if (all === "") return;
  // The limit on a statement's length is not meant for parameters, which a server takes outside of the statement.
  const long = all.length * 4 > defaultMaxQuerySize;
  if (long) await session.run(`SET max_query_size = ${all.length * 4}`);
  await session.run(all);
  if (long) await session.run("SET max_query_size = DEFAULT");
}

async function dispatch(shop: Workshop, session: EngineSession, { request, sql, response }: Job): Promise<void> {
  const { statement, text } = sql;
  if (statement.kind === "insert-data") return response.finish(await insertData(shop, session, request, statement, sql));
  if (statement.kind === "rows") {
    if (isNativeHello(request, text)) {
      response.setFormat("Native");
      await response.write(nativeHello(shop.engine.facts));
      return response.finish({ resultRows: 1 });
    }
    if (statement.keyword !== "KILL") return sendRows(shop, session, request, text, statement, response);
    const kill = await withEngineQueryIds(shop, text.toString("utf8"));
    const rewritten = readStatement(kill.toString("latin1"));
    return sendRows(shop, session, request, kill, rewritten.kind === "rows" ? rewritten : statement, response);
  }
  if (statement.kind !== "command") return;
  const command = text.toString("utf8", 0, statement.end);
  const written = await shop.running.track(request.queryId, command, () =>
    runCommand(session, command, statement.keyword, request.defaultFormat, response),
  );
  await response.finish(written);
}

async function runCommand(
  session: EngineSession,
  command: string,
  keyword: string,
  format: string,
  response: QueryResponse,
): Promise<Summary> {
  if (keyword === "INSERT") {
    const { writtenRows, writtenBytes } = await session.write(command);
    return { readRows: writtenRows, readBytes: writtenBytes, writtenRows, writtenBytes };
  }
  const outcome = await session.run(command, format);
  await response.write(outcome.output);
  return { resultRows: outcome.rows, resultBytes: outcome.bytes };
}

/** The engine gives every statement an id of its own: in KILL QUERY the ids that clients chose are replaced by those. */
async function withEngineQueryIds(shop: Workshop, text: string): Promise<Buffer> {
  let result = text;
  for (const token of [...sqlTokens(text)].reverse()) {
    const tag = token.kind === "string" ? shop.running.tag(token.text.slice(1, -1)) : undefined;
    const id = tag === undefined ? undefined : await shop.engine.queryIdByTag(tag);
    if (id !== undefined) result = result.slice(0, token.start) + quote(id) + result.slice(token.end);
  }
  return Buffer.from(result, "utf8");
}
