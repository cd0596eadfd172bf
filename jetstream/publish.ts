import { headers, NatsError, type MsgHdrs, type PubAck } from "nats";
import type { Link } from "./connect.ts";

/** A message to store in a stream. */
export interface OutgoingMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** JetStream stores one message of this id within the stream's duplicate window, so sending it again is safe. */
  readonly messageId?: string;
  readonly contentType?: string;
  /** Further headers, e.g. the `ce-*` attributes of a binary-mode CloudEvent. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What became of the messages handed to `publish`. */
export interface PublishSummary {
  /** Newly stored. */
  readonly published: number;
  /** Known to the stream already, by message id. */
  readonly duplicates: number;
  /** Not stored, because JetStream refused them. */
  readonly failed: number;
  /** The first refusal, as a sentence. */
  readonly firstFailure?: string;
}

/** How to publish. */
export interface PublishOptions {
  /** Called now and then with the counts so far. */
  readonly onProgress?: (summary: PublishSummary) => void;
  readonly signal?: AbortSignal;
  /** Messages sent and not yet acknowledged, at most. Default 1,000. */
  readonly window?: number;
}

/** JetStream acknowledges about 40,000 messages a second to one Node process when a thousand are under way, and 3,000 when each is awaited. */
const DEFAULT_WINDOW = 1_000;
const PROGRESS_EVERY = 1_000;
/** A publish that is not acknowledged is sent again for about a minute; its id keeps it from being stored twice. */
const ATTEMPTS = 30;
/** JetStream has no answer (it restarts or elects a leader), the request timed out, or the connection was lost under way. */
const TRANSIENT = new Set(["503", "TIMEOUT", "CONNECTION_DISCONNECT", "DISCONNECT", "REQUEST_ERROR"]);

/**
 * Stores messages in the order given, many under way at a time. Resolves when each is acknowledged or refused.
 * @throws Error if the signal aborts, or the source of messages throws
 */
export async function publish(
  link: Link,
  messages: Iterable<OutgoingMessage> | AsyncIterable<OutgoingMessage>,
  options: PublishOptions = {},
): Promise<PublishSummary> {
  const counts = { published: 0, duplicates: 0, failed: 0, firstFailure: undefined as string | undefined };
  const summary = (): PublishSummary => {
    const { firstFailure, ...rest } = counts;
    return firstFailure === undefined ? rest : { ...rest, firstFailure };
  };
  const underWay = new Set<Promise<void>>();
  const window = options.window ?? DEFAULT_WINDOW;
  let sent = 0;
  try {
    for await (const message of messages) {
      options.signal?.throwIfAborted();
      const settled = publishOne(link, message)
        .then((ack) => {
          if (ack.duplicate) counts.duplicates += 1;
          else counts.published += 1;
        })
        .catch((error: unknown) => {
          counts.failed += 1;
          counts.firstFailure ??= `Message on ${message.subject} was not stored: ${error instanceof Error ? error.message : String(error)}`;
        })
        .finally(() => underWay.delete(settled));
      underWay.add(settled);
      sent += 1;
      if (underWay.size >= window) await Promise.race(underWay);
      if (sent % PROGRESS_EVERY === 0) options.onProgress?.(summary());
    }
  } finally {
    await Promise.all(underWay);
  }
  options.onProgress?.(summary());
  return summary();
}

async function publishOne(link: Link, message: OutgoingMessage): Promise<PubAck> {
  const header = headersOf(message);
  const publishOptions = {
    ...(message.messageId === undefined ? {} : { msgID: message.messageId }),
    ...(header ? { headers: header } : {}),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await link.client.publish(message.subject, message.payload, publishOptions);
    } catch (error) {
      const transient = error instanceof NatsError && TRANSIENT.has(error.code);
      if (!transient || attempt >= ATTEMPTS || link.connection.isClosed()) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, Math.min(2_000, 50 * 2 ** attempt));
      });
    }
  }
}

function headersOf(message: OutgoingMessage): MsgHdrs | undefined {
  if (message.contentType === undefined && message.headers === undefined) return undefined;
  const header = headers();
  if (message.contentType !== undefined) header.set("content-type", message.contentType);
  for (const [name, value] of Object.entries(message.headers ?? {})) header.set(name, value);
  return header;
}
