import { createInbox, headers, type Msg, type MsgHdrs, type NatsError, type Subscription } from "nats";
import { readAcknowledgement } from "./acknowledgement.ts";
import type { Link } from "./connect.ts";
import type { OutgoingMessage, PublishSummary } from "./publish.ts";

/** Messages are handed to the client in groups within one turn, because it writes to its socket after every turn: a write a message would be half of all time. */
const GROUP = 256;
/** A message that is not acknowledged is sent again; its id keeps it from being stored twice. */
const RESEND_MS = 5_000;
const GIVE_UP_MS = 60_000;
/** Answers to what is under way are waited for this long when there is no more to be sent: they tell exactly what is stored, and come within milliseconds if at all. */
const LAST_ANSWERS_MS = 1_000;
/** A nats-server closes the connection of whoever sends a control line of more than 4 KiB, which holds the subject, the reply subject and two lengths. */
const LONGEST_SUBJECT = 4_096 - 128;

interface Pending {
  readonly message: OutgoingMessage;
  readonly firstSentAt: number;
  sentAt: number;
  /** How often it was sent again. */
  resent: number;
  /** How often the stream failed to write it. */
  storeFailures: number;
  /** What was last said against it. */
  refusal: string | undefined;
}

/** Messages under way, each known by the last token of its reply subject. */
export class Publication {
  readonly #link: Link;
  readonly #window: number;
  readonly #signal: AbortSignal | undefined;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  /** Messages taken and not yet sent. */
  readonly #group: OutgoingMessage[] = [];
  readonly #pending = new Map<string, Pending>();
  readonly #resend: NodeJS.Timeout;
  /** Questions under way: whether a stream stores a subject. */
  readonly #isStored = new Map<string, Promise<boolean>>();
  readonly #counts = { published: 0, duplicates: 0, failed: 0, unknown: 0 };
  #firstFailure: string | undefined;
  /** Why no more is taken, and since when. */
  #stopped: { readonly reason: unknown; readonly at: number } | undefined;
  #next = 0;
  #wake: () => void = () => {};

  constructor(link: Link, window: number, signal: AbortSignal | undefined) {
    this.#link = link;
    this.#window = window;
    this.#signal = signal;
    this.#subscription = link.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error) this.#cannotHear(error);
        else this.#receive(message);
      },
    });
    this.#resend = setInterval(() => this.#resendOverdue(), 250);
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  summary(): PublishSummary {
    return this.#firstFailure === undefined ? { ...this.#counts } : { ...this.#counts, firstFailure: this.#firstFailure };
  }

  /** @throws what ended the publication, if anything did: see {@link Publication.throwIfStopped} */
  throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped.reason;
  }

  /** Takes a message once there is room for it. @throws what ended the publication */
  async send(message: OutgoingMessage): Promise<void> {
    if (this.#pending.size + this.#group.length >= this.#window) await this.#room();
    this.throwIfStopped();
    if (this.#group.length === 0) setImmediate(() => this.#flush());
    this.#group.push(message);
    if (this.#group.length >= GROUP) this.#flush();
  }

  /** Waits for the answers to everything under way; once the publication has ended for another reason, for a second at most. */
  async settle(): Promise<void> {
    this.#flush();
    while (this.#pending.size > 0 && !this.#isOver()) await this.#change();
    this.#counts.unknown += this.#pending.size;
    this.#pending.clear();
    clearInterval(this.#resend);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#subscription.unsubscribe();
  }

  readonly #onAbort = (): void => this.#stop(this.#signal?.reason);

  /** After the window was full there is room for a whole group, or groups would be as small as the answers come in. */
  async #room(): Promise<void> {
    this.#flush();
    const low = this.#window - Math.min(GROUP, Math.ceil(this.#window / 2));
    while (this.#pending.size > low && !this.#stopped) await this.#change();
  }

  #isOver(): boolean {
    return this.#stopped !== undefined && performance.now() - this.#stopped.at >= LAST_ANSWERS_MS;
  }

  #stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = { reason, at: performance.now() };
    setTimeout(() => this.#wake(), LAST_ANSWERS_MS + 1);
    this.#wake();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #flush(): void {
    const now = performance.now();
    for (const message of this.#group) {
      this.#next += 1;
      const token = String(this.#next);
      this.#pending.set(token, { message, firstSentAt: now, sentAt: now, resent: 0, storeFailures: 0, refusal: undefined });
      this.#transmit(token, message);
    }
    this.#group.length = 0;
  }

  #transmit(token: string, message: OutgoingMessage): void {
    if (Buffer.byteLength(message.subject) > LONGEST_SUBJECT) {
      this.#fail(token, message, `its subject is longer than ${LONGEST_SUBJECT} bytes, the most that fits a control line of NATS`);
      return;
    }
    try {
      const reply = `${this.#inbox}.${token}`;
      this.#link.connection.publish(message.subject, message.payload, { reply, headers: headersOf(message, reply) });
    } catch (error) {
      if (this.#link.connection.isClosed())
        this.#stop(new Error("The connection to NATS is closed: nothing more can be published.", { cause: error }));
      else this.#fail(token, message, error instanceof Error ? error.message : String(error));
    }
  }

  #receive(reply: Msg): void {
    const token = reply.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    if (!pending) return;
    const said = readAcknowledgement(reply);
    switch (said.type) {
      case "stored":
        this.#counts.published += 1;
        return this.#settled(token);
      case "duplicate":
        // Of one that was sent again it is the first try that the stream knows, whose answer got lost.
        this.#counts[pending.resent > 0 ? "published" : "duplicates"] += 1;
        return this.#settled(token);
      case "unheard":
        pending.refusal = "nobody answers for its stream";
        return void this.#failIfNoStream(token, pending.message);
      case "not-now":
        pending.refusal = said.reason;
        return undefined;
      case "store-failed":
        pending.refusal = said.reason;
        pending.storeFailures += 1;
        return pending.storeFailures > 1 ? this.#full(token, pending, said) : undefined;
      case "full":
        return this.#full(token, pending, said);
      case "refused":
        return this.#fail(token, pending.message, said.reason);
    }
  }

  #full(token: string, { message }: Pending, { reason, stream }: { readonly stream: string; readonly reason: string }): void {
    this.#fail(token, message, reason);
    const name = stream === "" ? `The stream of ${message.subject}` : `Stream "${stream}"`;
    this.#stop(
      new Error(`${name} takes no more messages, the stream or its disk is full (${reason}): make room, then publish the rest again.`),
    );
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
        const refusal = pending.refusal === undefined ? "" : ` (${pending.refusal})`;
        this.#stop(
          new Error(
            `JetStream did not acknowledge a message on ${pending.message.subject} within a minute${refusal}: look after NATS, then publish the rest again.`,
          ),
        );
        return;
      }
      pending.sentAt = now;
      pending.resent += 1;
      this.#transmit(token, pending.message);
    }
  }

  /** The client tells a subscription when the server takes it away. */
  #cannotHear(error: NatsError): void {
    this.#stop(new Error(`NATS does not let us hear its answers on ${this.#inbox}.*: ${error.message}.`, { cause: error }));
  }

  #fail(token: string, message: OutgoingMessage, reason: string): void {
    this.#counts.failed += 1;
    this.#firstFailure ??= `A message on ${shortened(message.subject)} was not stored: ${reason}.`;
    this.#settled(token);
  }

  #settled(token: string): void {
    this.#pending.delete(token);
    this.#wake();
  }
}

function shortened(subject: string): string {
  return subject.length > 200 ? `${subject.slice(0, 200)}…` : subject;
}

/** @param ownId unique to this message: makes it safe to send one again that has no id */
function headersOf(message: OutgoingMessage, ownId: string): MsgHdrs {
  const header = headers();
  header.set("Nats-Msg-Id", message.messageId ?? ownId);
  if (message.contentType !== undefined) header.set("content-type", message.contentType);
  for (const [name, value] of Object.entries(message.headers ?? {})) header.set(name, value);
  return header;
}
