import type { Link } from "./connect.ts";
import { Publication } from "./publication.ts";

/** A message to store in a stream. */
export interface OutgoingMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  /**
   * JetStream stores one message of this id within the stream's duplicate window, so sending it again is safe. A message without one is given an id of its own,
   * because publishing sends again what is not acknowledged.
   */
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
  /** Not stored: JetStream refused them. */
  readonly failed: number;
  /** Sent and not answered when publishing ended early: each is stored or not. Messages with an id may safely be published again. */
  readonly unknown: number;
  /** The first failure, as a sentence. */
  readonly firstFailure?: string;
}

/** How to publish. */
export interface PublishOptions {
  /** Called now and then with the counts so far, and with the last ones when publishing ends, also when it ends by an error. */
  readonly onProgress?: (summary: PublishSummary) => void;
  readonly signal?: AbortSignal;
  /** Messages taken from the source and not yet acknowledged, at most. Default 4,000. */
  readonly window?: number;
}

const DEFAULT_WINDOW = 4_000;
const PROGRESS_EVERY = 2_000;

/**
 * Stores messages in the order given (one that has to be sent again may come later), many under way at a time. Resolves when each is stored or refused.
 * What is not acknowledged is sent again for a minute, so a stream's duplicate window should be no shorter.
 * @throws Error if a stream or its disk is full, or JetStream does not answer for a minute: the rest is then neither taken nor sent
 * @throws the signal's reason if it aborts, and whatever the source of messages throws; answers to what is under way are waited for, but a second at most after an abort
 */
export async function publish(
  link: Link,
  messages: Iterable<OutgoingMessage> | AsyncIterable<OutgoingMessage>,
  options: PublishOptions = {},
): Promise<PublishSummary> {
  const publication = new Publication(link, Math.max(1, options.window ?? DEFAULT_WINDOW), options.signal);
  let sent = 0;
  try {
    for await (const message of messages) {
      await publication.send(message);
      sent += 1;
      if (sent % PROGRESS_EVERY === 0) options.onProgress?.(publication.summary());
    }
  } finally {
    await publication.settle();
    options.onProgress?.(publication.summary());
  }
  publication.throwIfStopped();
  return publication.summary();
}
