import { createInbox, headers, type Msg, type MsgHdrs, type Subscription } from "nats";
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
  /** Not stored: JetStream refused them, or did not answer for a minute. */
  readonly failed: number;
  /** The first failure, as a sentence. */
  readonly firstFailure?: string;
}

/** How to publish. */
export interface PublishOptions {
  /** Called now and then with the counts so far. */
  readonly onProgress?: (summary: PublishSummary) => void;
  readonly signal?: AbortSignal;
  /** Messages sent and not yet acknowledged, at most; 512 or more. Default 4,000. */
  readonly window?: number;
}

const DEFAULT_WINDOW = 4_000;
/** Messages are handed to the client in groups within one turn, because it writes to its socket after every turn: a write a message would be half of all time. */
const GROUP = 256;
const PROGRESS_EVERY = 2_000;
/** A message that is not acknowledged is sent again; its id keeps it from being stored twice. */
const RESEND_MS = 5_000;
const GIVE_UP_MS = 60_000;
/** Status of the server's own reply where nobody listens on a subject. */
const NO_RESPONDERS = 503;

/**
 * Stores messages in the order given (one that has to be sent again may come later), many under way at a time. Resolves when each is acknowledged or has failed.
 * @throws the signal's reason if it aborts, and whatever the source of messages throws, once those under way are settled
 */
export async function publish(
  link: Link,
  messages: Iterable<OutgoingMessage> | AsyncIterable<OutgoingMessage>,
  options: PublishOptions = {},
): Promise<PublishSummary> {
  const publication = new Publication(link, options.window ?? DEFAULT_WINDOW);
  let sent = 0;
  try {
    for await (const message of messages) {
      options.signal?.throwIfAborted();
      await publication.send(message);
      sent += 1;
      if (sent % PROGRESS_EVERY === 0) options.onProgress?.(publication.summary());
    }
  } finally {
    await publication.settle();
  }
  options.onProgress?.(publication.summary());
  return publication.summary();
}

interface Pending {
  readonly message: OutgoingMessage;
  readonly firstSentAt: number;
  sentAt: number;
  /** What JetStream last said against it, if that may pass. */
  refusal: string | undefined;
}

interface Acknowledgement {
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
}

/** JetStream API error: the message could not be stored; the description says why. */
const STORE_FAILED = 10_077;

/** Whether a refusal may be over soon: JetStream without a leader or short of resources, but not a stream that is full. */
function isPassing({ code, description, err_code: errorCode }: NonNullable<Acknowledgement["error"]>): boolean {
  return code >= 500 && code !== 507 && !(errorCode === STORE_FAILED && description.startsWith("maximum"));
}

/** Messages under way, each known by the last token of its reply subject. */
class Publication {
  readonly #link: Link;
  readonly #window: number;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  /** Messages taken and not yet sent. */
  readonly #group: OutgoingMessage[] = [];
  readonly #pending = new Map<string, Pending>();
  readonly #resend: NodeJS.Timeout;
  /** Questions under way: whether a stream stores a subject. */
  readonly #isStored = new Map<string, Promise<boolean>>();
  readonly #counts = { published: 0, duplicates: 0, failed: 0 };
  #firstFailure: string | undefined;
  #next = 0;
  #wake: () => void = () => {};

  constructor(link: Link, window: number) {
    this.#link = link;
    this.#window = Math.max(window, 2 * GROUP);
    this.#subscription = link.connection.subscribe(`${this.#inbox}.*`, { callback: (_error, message) => this.#receive(message) });
    this.#resend = setInterval(() => this.#resendOverdue(), 250);
  }

  summary(): PublishSummary {
    return this.#firstFailure === undefined ? { ...this.#counts } : { ...this.#counts, firstFailure: this.#firstFailure };
  }

  async send(message: OutgoingMessage): Promise<void> {
    if (this.#group.length === 0) setImmediate(() => this.#flush());
    this.#group.push(message);
    if (this.#group.length < GROUP) return;
    this.#flush();
    while (this.#pending.size > this.#window - GROUP) await this.#change();
  }

  /** Waits for everything under way. */
  async settle(): Promise<void> {
    this.#flush();
    while (this.#pending.size > 0) await this.#change();
    clearInterval(this.#resend);
    this.#subscription.unsubscribe();
  }

  #flush(): void {
    const now = performance.now();
    for (const message of this.#group) {
      this.#next += 1;
      const token = String(this.#next);
      this.#pending.set(token, { message, firstSentAt: now, sentAt: now, refusal: undefined });
      this.#transmit(token, message);
    }
    this.#group.length = 0;
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #transmit(token: string, message: OutgoingMessage): void {
    try {
      const header = headersOf(message);
      this.#link.connection.publish(message.subject, message.payload, {
        reply: `${this.#inbox}.${token}`,
        ...(header ? { headers: header } : {}),
      });
    } catch (error) {
      this.#fail(token, message, error instanceof Error ? error.message : String(error));
    }
  }

  #receive(reply: Msg): void {
    const token = reply.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    if (!pending) return;
    if (reply.headers?.code === NO_RESPONDERS) {
      void this.#failIfNoStream(token, pending.message);
      return;
    }
    const acknowledgement = parseAcknowledgement(reply);
    if (!acknowledgement) {
      this.#fail(token, pending.message, "something that is not JetStream answered");
      return;
    }
    const { error } = acknowledgement;
    if (error && isPassing(error)) {
      pending.refusal = error.description;
      return;
    }
    if (error) {
      this.#fail(token, pending.message, error.description);
      return;
    }
    if (acknowledgement.duplicate === true) this.#counts.duplicates += 1;
    else this.#counts.published += 1;
    this.#settled(token);
  }

  /** Nobody answers: either no stream stores the subject, or JetStream is away for now (a restart, an election), and the message is sent again when it is overdue. */
  async #failIfNoStream(token: string, message: OutgoingMessage): Promise<void> {
    const known = this.#isStored.get(message.subject);
    const asked = known ?? this.#hasStream(message.subject);
    this.#isStored.set(message.subject, asked);
    const isStored = await asked;
    this.#isStored.delete(message.subject);
    if (!isStored && this.#pending.has(token)) this.#fail(token, message, 'no stream stores this subject: run "hydrograph migrate"');
  }

  async #hasStream(subject: string): Promise<boolean> {
    try {
      return (await this.#link.manager.streams.names(subject).next()).length > 0;
    } catch {
      return true;
    }
  }

  #resendOverdue(): void {
    const now = performance.now();
    for (const [token, pending] of this.#pending) {
      if (now - pending.sentAt < RESEND_MS) continue;
      if (now - pending.firstSentAt > GIVE_UP_MS) {
        this.#fail(token, pending.message, pending.refusal ?? "JetStream did not acknowledge it within a minute");
        continue;
      }
      pending.sentAt = now;
      this.#transmit(token, pending.message);
    }
  }

  #fail(token: string, message: OutgoingMessage, reason: string): void {
    this.#counts.failed += 1;
    this.#firstFailure ??= `A message on ${message.subject} was not stored: ${reason}.`;
    this.#settled(token);
  }

  #settled(token: string): void {
    this.#pending.delete(token);
    this.#wake();
  }
}

function parseAcknowledgement(reply: Msg): Acknowledgement | undefined {
  try {
    return JSON.parse(reply.string()) as Acknowledgement;
  } catch {
    return undefined;
  }
}

function headersOf(message: OutgoingMessage): MsgHdrs | undefined {
  if (message.messageId === undefined && message.contentType === undefined && message.headers === undefined) return undefined;
  const header = headers();
  if (message.messageId !== undefined) header.set("Nats-Msg-Id", message.messageId);
  if (message.contentType !== undefined) header.set("content-type", message.contentType);
  for (const [name, value] of Object.entries(message.headers ?? {})) header.set(name, value);
  return header;
}
