import { quote } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import type { EndpointRequest } from "./request.ts";

/** Settings about HTTP itself, which the endpoint heeds or may ignore; sparing the engine a statement. */
const httpOnly = new Set([
  "enable_http_compression",
  "http_zlib_compression_level",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "http_response_buffer_size",
  "http_write_exception_in_output_format",
  "cancel_http_readonly_queries_on_client_close",
  "add_http_cors_header",
]);

/** What a session gets before it runs a request's statement. */
export interface SessionSetup {
  /** USE and SET for database, parameters and settings; empty if there are none. */
  readonly prepare: string;
  /** Names of the settings in `prepare`. */
  readonly settings: readonly string[];
}

/**
 * The statements that give a session a request's parameters, settings and database. Not among them: `readonly`, after which nothing can be set.
 *
 * @throws EngineError 115 for a name that cannot be a setting
 */
export function sessionSetup(request: EndpointRequest): SessionSetup {
  const settings = [...request.settings].filter(([name]) => name !== "readonly" && !httpOnly.has(name));
  const params = [...request.queryParams].map(([name, value]) => [`param_${name}`, value] as const);
  const assignments = [...params, ...settings].map(([name, value]) => `${checked(name)} = ${quote(value)}`);
  const statements = [
    ...(request.database === undefined ? [] : [`USE ${quoteIdentifier(request.database)}`]),
    ...(assignments.length > 0 ? [`SET ${assignments.join(", ")}`] : []),
  ];
  return { prepare: statements.join("; "), settings: settings.map(([name]) => name) };
}

/** `0` may write, `1` may only read, `2` may only read but change settings. A GET request only reads, as in a ClickHouse server. */
export function effectiveReadonly(request: EndpointRequest): "0" | "1" | "2" {
  const asked = request.settings.get("readonly");
  if (asked === "1" || asked === "2") return asked;
  return request.method === "GET" || request.method === "HEAD" ? "2" : "0";
}

function checked(name: string): string {
  if (!/^[A-Za-z_][\w.]*$/.test(name)) throw new EngineError(115, "UNKNOWN_SETTING", `Unknown setting '${name}'`);
  return name;
}

function quoteIdentifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, String.raw`\$&`)}\``;
}
