import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** A request to `/`, read from its URL, headers and multipart fields, before the SQL is looked at. */
export interface EndpointRequest {
  readonly queryId: string;
  /** The `query` parameter; the body follows it. */
  readonly query: string | undefined;
  readonly database: string | undefined;
  readonly defaultFormat: string;
  readonly session: { readonly id: string; readonly timeoutSeconds: number; readonly mustExist: boolean } | undefined;
  /** Every other parameter is a setting, as in a ClickHouse server. */
  readonly settings: ReadonlyMap<string, string>;
  /** `param_x=…`: values in ClickHouse's escaped text form. */
  readonly queryParams: ReadonlyMap<string, string>;
  readonly waitEndOfQuery: boolean;
  /** Greater than 0 if the client wants Native blocks as that revision of the TCP protocol writes them. */
  readonly clientProtocolVersion: number;
  readonly method: string;
}

const reserved = new Set(
  "query query_id database default_format session_id session_timeout session_check user password quota_key stacktrace role wait_end_of_query buffer_size compress decompress client_protocol_version".split(
    " ",
  ),
);

/** The URL of a request; Node gives the path only. */
export function requestUrl(message: IncomingMessage): URL {
  return new URL(message.url ?? "/", "http://localhost");
}

/**
 * Reads the parameters of a request (https://clickhouse.com/docs/interfaces/http).
 *
 * @param fields the fields of a multipart body, which count like URL parameters
 */
export function readRequest(message: IncomingMessage, fields: Iterable<[string, string]> = []): EndpointRequest {
  const all = new Map<string, string>([...requestUrl(message).searchParams, ...fields]);
  const settings = new Map<string, string>();
  const queryParams = new Map<string, string>();
  for (const [name, value] of all) {
    if (name.startsWith("param_")) queryParams.set(name.slice(6), value);
    else if (!reserved.has(name)) settings.set(name, value);
  }
  const sessionId = all.get("session_id");
  return {
    queryId: all.get("query_id") || randomUUID(),
    query: all.get("query") || undefined,
    database: all.get("database") || header(message, "x-clickhouse-database"),
    defaultFormat: all.get("default_format") || header(message, "x-clickhouse-format") || "TabSeparated",
    session: sessionId
      ? { id: sessionId, timeoutSeconds: Number(all.get("session_timeout") ?? 60), mustExist: all.get("session_check") === "1" }
      : undefined,
    settings,
    queryParams,
    waitEndOfQuery: isTrue(all.get("wait_end_of_query")),
    clientProtocolVersion: Number(all.get("client_protocol_version") ?? 0),
    method: message.method ?? "GET",
  };
}

/** One value of a request header. */
export function header(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return (Array.isArray(value) ? value[0] : value) || undefined;
}

/** ClickHouse reads `1` and `true` as true. */
export function isTrue(value: string | undefined): boolean {
  return value === "1" || value === "true";
}
