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

/**
 * The statements that give a session a request's parameters, settings and database; empty if it has none.
 * `readonly` comes last: after it nothing can be set. A GET request only reads, as in a ClickHouse server.
 *
 * @throws EngineError 115 for a name that cannot be a setting
 */
export function sessionSetup(request: EndpointRequest): string {
  const assignments = [...request.queryParams].map(([name, value]) => `${checked(`param_${name}`)} = ${quote(value)}`);
  for (const [name, value] of request.settings) {
    if (name !== "readonly" && !httpOnly.has(name)) assignments.push(`${checked(name)} = ${quote(value)}`);
  }
  const readonly = effectiveReadonly(request);
  if (readonly !== "0") assignments.push(`readonly = ${quote(readonly)}`);
  const use = request.database === undefined ? "" : `USE ${quoteIdentifier(request.database)};`;
  return (use + (assignments.length > 0 ? `SET ${assignments.join(", ")};` : "")).replace(/;$/, "");
}

/** `0` may write, `1` may only read, `2` may only read but change settings. */
export function effectiveReadonly(request: EndpointRequest): string {
  const asked = request.settings.get("readonly") ?? "0";
  return asked === "0" && (request.method === "GET" || request.method === "HEAD") ? "2" : asked;
}

function checked(name: string): string {
  if (!/^[A-Za-z_][\w.]*$/.test(name)) throw new EngineError(115, "UNKNOWN_SETTING", `Unknown setting '${name}'`);
  return name;
}

function quoteIdentifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, String.raw`\$&`)}\``;
}
