import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { authenticate } from "./authentication.ts";
import type { Passwords } from "./authentication.ts";
import { toEngineError } from "./engine-error.ts";
import { QueryResponse } from "./query-response.ts";
import { readRequest, requestUrl } from "./request.ts";
import { readRequestSql } from "./request-sql.ts";
import { runStatement } from "./run-statement.ts";
import type { Workshop } from "./run-statement.ts";
import { SessionRegistry } from "./session-registry.ts";

/** The ClickHouse HTTP interface (https://clickhouse.com/docs/interfaces/http) over an engine in this process; not yet listening. */
export function createEndpoint(shop: Workshop, passwords: Passwords): Server {
  const sessions = new SessionRegistry(shop.engine);
  const server = createServer({ maxHeaderSize: 1024 * 1024, requestTimeout: 0, keepAliveTimeout: 30_000 }, (message, response) => {
    void answer(message, response);
  });
  server.on("close", () => sessions.close());

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = requestUrl(message);
    if (pathname === "/ping" || pathname === "/replicas_status") return sendText(response, 200, "Ok.\n");
    if (pathname !== "/") return sendText(response, 404, `There is no handle ${pathname}\n`);
    if (message.method === "GET" && !searchParams.has("query")) return sendText(response, 200, "Ok.\n");
    const request = readRequest(message);
    const reply = new QueryResponse(response, message, request, shop.engine.facts);
    try {
      authenticate(message, passwords);
      const sql = await readRequestSql(message, request.query);
      await sessions.use(request.session, (session) => runStatement(shop, session, request, sql, reply));
    } catch (error) {
      await reply.fail(toEngineError(error));
    } finally {
      message.resume();
    }
  };
  return server;
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/html; charset=UTF-8" }).end(text);
}
