import type { CloudEvent } from "../model/index.ts";
import type { OutgoingMessage } from "./publish.ts";

/** Names of attributes by the CloudEvents standard; any other would not come back as it went. */
const NAME = /^[a-z0-9]+$/;
/** Content types of data that is JSON, in characters that a header holds. */
const JSON_TYPE = /^[\x21-\x7e]*[/+]json\s*(;[\x20-\x7e]*)?$/i;

/**
 * The parts of a binary-mode CloudEvent: attributes as headers `ce-<name>`, `datacontenttype` as the content type, data as the payload.
 * Source: CloudEvents NATS protocol binding 1.0.2, section 3.1.
 * @returns undefined for an event that this mode cannot hold without a change
 */
export function binaryParts(
  event: CloudEvent,
  dataJson: Uint8Array | undefined,
): Pick<OutgoingMessage, "headers" | "payload" | "contentType"> | undefined {
  const { data, datacontenttype: contentType = "application/json", ...attributes } = event as CloudEvent & Record<string, unknown>;
  if (typeof contentType !== "string" || !JSON_TYPE.test(contentType)) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (!NAME.test(name) || !isPlain(value)) return undefined;
    headers[`ce-${name}`] = percentEncoded(String(value));
  }
  return { headers, contentType, payload: dataJson ?? Buffer.from(data === undefined ? "" : JSON.stringify(data)) };
}

function isPlain(value: unknown): value is number | boolean | string {
  return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.isWellFormed());
}

/** Section 3.1.3.2: all but printable ASCII, and the space, the double quote and the percent sign. */
function percentEncoded(text: string): string {
  return text.replace(/[^\x21-\x7e]|["%]/gu, encodeURIComponent);
}
