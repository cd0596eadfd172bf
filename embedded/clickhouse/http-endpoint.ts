import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { authenticate } from "./authentication.ts";
import type { Passwords } from "./authentication.ts";
import { toEngineError } from "./engine-error.ts";
import { isMultipart, readMultipart } from "./multipart.ts";
import { QueryResponse } from "./query-response.ts";
import { readRequest, requestUrl } from "./request.ts";
import { readRequestSql, sqlOfText } from "./request-sql.ts";
import { runStatement } from "./run-statement.ts";
import { SessionRegistry } from "./session-registry.ts";
import type { Workshop } from "./workshop.ts";

/** URLs carry query parameters: as long as a ClickHouse server takes them (http_max_uri_size). */
const maxHeaderSize = 1024 * 1024;
/** As a ClickHouse server announces it; clients must drop idle sockets before. */
const keepAliveTimeout = 30_000;

/** The ClickHouse HTTP interface (https://clickhouse.com/docs/interfaces/http) over an engine in this process; not yet listening. */
export function createEndpoint(shop: Workshop, passwords: Passwords): Server {
  const sessions = new SessionRegistry(shop.engine);
  const server = createServer({ maxHeaderSize, requestTimeout: 0, keepAliveTimeout }, (message, response) => {
    if (!server.listening) response.setHeader("Connection", "close");
    if (!answerPlainly(message, response)) answerQuery(shop, sessions, passwords, message, response).catch(() => response.destroy());
  });
  server.on("close", () => sessions.close());
  return server;
}

/** Health checks and unknown paths. */
function answerPlainly(message: IncomingMessage, response: ServerResponse): boolean {
  const { pathname, searchParams } = requestUrl(message);
  const send = (status: number, text: string): true => {
    response.writeHead(status, { "Content-Type": "text/html; charset=UTF-8" }).end(text);
    return true;
  };
  if (pathname === "/ping" || pathname === "/replicas_status") return send(200, "Ok.\n");
  if (pathname !== "/") return send(404, `There is no handle ${pathname}\n`);
  if (message.method === "GET" && !searchParams.has("query")) return send(200, "Ok.\n");
  return false;
}

async function answerQuery(
  shop: Workshop,
  sessions: SessionRegistry,
  passwords: Passwords,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const early = readRequest(message);
  const reply = new QueryResponse(response, message, early, shop.engine.facts);
  try {
    const user = authenticate(message, passwords);
    const fields = isMultipart(message) ? await readMultipart(message) : undefined;
    const request = fields ? { ...readRequest(message, fields), queryId: early.queryId } : early;
    const sql = fields ? sqlOfText(request.query ?? "") : await readRequestSql(message, request.query);
    await sessions.use(request.session, (session) => runStatement(shop, session, { request, user, sql, response: reply }));
  } catch (error) {
    await reply.fail(toEngineError(error));
  } finally {
    message.resume();
  }
}
