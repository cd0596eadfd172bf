import type { IncomingMessage } from "node:http";
import { EngineError } from "./engine-error.ts";
import { header } from "./request.ts";

/** Parameters of a query come this way when they are too long for a URL. */
const maxBytes = 64 * 1024 * 1024;

/** Is the body a form whose fields are parameters of the request? */
export function isMultipart(message: IncomingMessage): boolean {
  return header(message, "content-type")?.startsWith("multipart/form-data") ?? false;
}

/**
 * Reads the fields of a multipart body.
 *
 * @throws EngineError 48 for files (external tables), 229 for a body over 64 MiB
 */
export async function readMultipart(message: IncomingMessage): Promise<[string, string][]> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new EngineError(229, "QUERY_IS_TOO_LARGE", `A multipart body is limited to ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const form = await new Response(Buffer.concat(chunks), { headers: { "Content-Type": header(message, "content-type") ?? "" } }).formData();
  return [...form].map(([name, value]) => {
    if (typeof value !== "string")
      throw new EngineError(
        48,
        "NOT_IMPLEMENTED",
        `External tables are not supported: insert '${name}' into a temporary table of a session instead`,
      );
    return [name, value];
  });
}
