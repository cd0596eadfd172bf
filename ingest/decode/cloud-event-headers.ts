/** The attributes of a CloudEvent, from JSON members or from headers; each value is checked later. */
export type Attributes = Readonly<Record<string, unknown>>;

/**
 * Reads the NATS headers of a message. Names are folded to lower case, the last value of a name counts.
 * @param bytes "NATS/1.0\r\nName: value\r\n…"
 */
export function parseHeaders(bytes: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of bytes.toString("utf8").split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) found.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return found;
}

/** Whether the headers make a binary-mode CloudEvent. A look at the bytes first: most headers hold only a message id, and parsing costs 2 µs. */
export function isBinaryMode(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(LINE_FEED); at >= 0 && at < bytes.length - 4; at = bytes.indexOf(LINE_FEED, at + 1)) {
    const isPrefix = ((bytes[at + 1] ?? 0) | 0x20) === 0x63 && ((bytes[at + 2] ?? 0) | 0x20) === 0x65 && bytes[at + 3] === 0x2d;
    if (isPrefix) return hasSpecversion(bytes);
  }
  return false;
}

const LINE_FEED = 0x0a;

function hasSpecversion(bytes: Buffer): boolean {
  return /\nce-specversion:/i.test(bytes.toString("latin1"));
}

/**
 * Attributes of a binary-mode event: headers with the prefix "ce-", percent-decoded.
 * Source: CloudEvents NATS protocol binding 1.0.2, section 3.1.
 */
export function binaryAttributes(headers: ReadonlyMap<string, string>): Attributes {
  const attributes: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of headers) {
    if (name.startsWith("ce-")) attributes[name.slice(3)] = percentDecode(value);
  }
  const contentType = headers.get("content-type");
  if (contentType !== undefined) attributes["datacontenttype"] = contentType;
  return attributes;
}

function percentDecode(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
