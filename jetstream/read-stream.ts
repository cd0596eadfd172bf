import { AckPolicy, type ConsumerInfo, createInbox, DeliverPolicy, nanos, type MsgHdrs, type Subscription } from "nats";
import type { Link, ReadingConnection } from "./connect.ts";
import type { LogMessage } from "./log-message.ts";
import { HEARTBEAT_MS, PullWindow } from "./pull-window.ts";
import { streamState, type StreamState } from "./streams.ts";

export type { LogMessage } from "./log-message.ts";

/** What to read, and whom to tell. */
export interface ReaderOptions {
  readonly stream: string;
  /** Incarnation of the stream that `from` belongs to, in microseconds since 1970. */
  readonly epoch: number;
  /** First sequence wanted; sequences the stream no longer has are passed over. */
  readonly from: number;
  /** Called for each message, in order of sequence, each once. */
  readonly onMessage: (message: LogMessage) => void;
  /** Called when something other than a message happens. */
  readonly onStatus: (status: ReaderStatus) => void;
  /** Bytes of one request; two at most are under way. A message that is larger widens it. Default 16 MiB. */
  readonly windowBytes?: number;
}

/**
 * - `opening-failed`: no consumer could be made, for the `attempt`th time in a row (from 1); it is tried again;
 * - `opened`: a consumer stands; `remaining` messages from the wanted sequence on are stored now;
 * - `reopened`: it was made anew, for the reason given, and goes on where the last one stopped;
 * - `caught-up`: every message stored by now was delivered, the stream's last sequence being `lastSeq`;
 * - `stream-missing`, `stream-recreated`: there is no stream, or another one of its name: the reader has stopped.
 */
export type ReaderStatus =
  | { readonly type: "opening-failed"; readonly error: Error; readonly attempt: number }
  | { readonly type: "opened"; readonly remaining: number }
  | { readonly type: "reopened"; readonly reason: string }
  | { readonly type: "caught-up"; readonly lastSeq: number }
  | { readonly type: "stream-missing" }
  | { readonly type: "stream-recreated"; readonly state: StreamState };

/** A running read. Messages that were under way when it is paused are kept, and handed out first when it resumes. */
export interface StreamReader {
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Nothing at all for this long (heartbeats come every 2 s): the consumer, its leader or the connection is gone. */
const SILENCE_MS = 3 * HEARTBEAT_MS;
const RETRY_MS = [100, 250, 500, 1_000, 2_000];

/**
 * Reads a stream through an ephemeral, ack-less pull consumer that is made anew when a message is missed, heartbeats stop, the consumer is deleted,
 * or the connection was lost. The client's own ordered consumer is not used: it pulls on however slow its reader is (memory without bound), and it
 * goes on silently when a stream is recreated.
 */
export function openReader(link: Link, options: ReaderOptions): StreamReader {
  const reader = new PullReader(link, options);
  reader.open("start");
  return reader;
}

class PullReader implements StreamReader {
  readonly #link: Link;
  readonly #options: ReaderOptions;
  readonly #held: LogMessage[] = [];
  #reading: ReadingConnection | undefined;
  #paused = false;
  #stopped = false;
  #opening = false;
  #next: number;
  #consumer = "";
  #inbox = "";
  #subscription: Subscription | undefined;
  #deliverySeq = 0;
  readonly #pulls: PullWindow;
  /** Whether anything, and whether a message, came from the server since the last look; asking the clock for each message takes 0.1 µs. */
  #hasHeard = false;
  #hasReceived = false;
  /** When the last look found that anything had come; monotonic milliseconds. */
  #heardAt = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(link: Link, options: ReaderOptions) {
    this.#link = link;
    this.#options = options;
    this.#pulls = new PullWindow(options.windowBytes);
    this.#next = options.from;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    let handed = 0;
    for (const message of this.#held) {
      // The handler may pause again in the middle.
      if (this.#isPaused()) break;
      handed += 1;
      this.#options.onMessage(message);
    }
    this.#held.splice(0, handed);
    this.#pull();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#close();
  }

  open(reason: string): void {
    if (this.#opening || this.#stopped) return;
    this.#opening = true;
    void this.#reopen(reason).finally(() => {
      this.#opening = false;
    });
  }

  #isPaused(): boolean {
    return this.#paused;
  }

  async #reopen(reason: string): Promise<void> {
    await this.#close();
    for (let attempt = 1; !this.#stopped; attempt += 1) {
      const outcome = await this.#tryOpen().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
      if (outcome === true && reason !== "start") this.#options.onStatus({ type: "reopened", reason });
      if (!(outcome instanceof Error) || this.#stoppedMeanwhile()) return;
      this.#options.onStatus({ type: "opening-failed", error: outcome, attempt });
      await new Promise((resolve) => {
        setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length) - 1]);
      });
    }
  }

  /** Makes the consumer. @returns false if there is nothing to read from any more */
  async #tryOpen(): Promise<boolean> {
    const { stream, epoch } = this.#options;
    const state = await streamState(this.#link, stream);
    if (this.#stopped) return false;
    if (!state || state.epoch !== epoch) {
      this.#stopped = true;
      this.#options.onStatus(state ? { type: "stream-recreated", state } : { type: "stream-missing" });
      return false;
    }
    const reading = await this.#link.reading();
    this.#reading = reading;
    const info = await this.#addConsumer();
    if (this.#stoppedMeanwhile()) {
      await this.#delete(info.name);
      return false;
    }
    this.#consumer = info.name;
    this.#deliverySeq = 0;
    this.#pulls.clear();
    this.#hasReceived = false;
    this.#inbox = createInbox();
    const subscription = reading.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (subscription === this.#subscription && !error) this.#receiveStatus(message.headers);
      },
    });
    reading.deliveries.start(subscription.getID(), (message) => this.#receive(message));
    this.#subscription = subscription;
    this.#watch = setInterval(() => void this.#check(), HEARTBEAT_MS);
    this.#options.onStatus({ type: "opened", remaining: info.num_pending });
    this.#pull();
    return true;
  }

  async #addConsumer(): Promise<ConsumerInfo> {
    const { stream } = this.#options;
    try {
      return await this.#link.manager.consumers.add(stream, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: this.#next,
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: nanos(60_000),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`JetStream makes no consumer on stream "${stream}": ${reason}.`, { cause: error });
    }
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    if (this.#subscription) {
      this.#reading?.deliveries.end(this.#subscription.getID());
      this.#subscription.unsubscribe();
    }
    this.#subscription = undefined;
    const consumer = this.#consumer;
    this.#consumer = "";
    if (consumer !== "" && this.#stopped) await this.#delete(consumer);
  }

  /** Left alone a consumer would go by itself within a minute; an abandoned one is not worth an error. */
  async #delete(consumer: string): Promise<void> {
    if (this.#link.connection.isClosed()) return;
    await this.#link.manager.consumers.delete(this.#options.stream, consumer).catch(() => false);
  }

  #stoppedMeanwhile(): boolean {
    return this.#stopped;
  }

  #receive(message: LogMessage): void {
    this.#hasHeard = true;
    if (message.deliverySeq !== this.#deliverySeq + 1) {
      this.open(`message ${this.#deliverySeq + 1} of the consumer was lost on the way`);
      return;
    }
    this.#hasReceived = true;
    this.#deliverySeq = message.deliverySeq;
    this.#next = message.seq + 1;
    this.#pulls.received();
    if (this.#paused || this.#held.length > 0) this.#held.push(message);
    else this.#options.onMessage(message);
    this.#pull();
  }

  #receiveStatus(headers: MsgHdrs | undefined): void {
    this.#hasHeard = true;
    const code = headers?.code ?? 0;
    const text = headers?.description ?? "";
    const answer = this.#pulls.ended(code, text, headers?.get("Nats-Pending-Messages") ?? "");
    if (answer === "gone") this.open(`the consumer is gone (${code} ${text})`);
    else if (answer === "again") this.#pull();
    // A pull that was refused must not become a busy loop.
    else if (answer === "later") setTimeout(() => this.#pull(), HEARTBEAT_MS / 8);
  }

  #pull(): void {
    if (this.#paused || this.#stopped || this.#consumer === "") return;
    const request = this.#pulls.next();
    if (!request) return;
    this.#heardAt = performance.now();
    try {
      this.#reading?.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${this.#options.stream}.${this.#consumer}`, JSON.stringify(request), {
        reply: this.#inbox,
      });
    } catch {
      // The connection is closed: nothing to read from; the owner learns it from the connection.
    }
  }

  /** Looks after the consumer every two seconds: silence, and messages that are stored but do not come, are cured by making it anew. */
  async #check(): Promise<void> {
    const now = performance.now();
    if (this.#hasHeard) this.#heardAt = now;
    const isFlowing = this.#hasReceived;
    this.#hasHeard = false;
    this.#hasReceived = false;
    if (this.#paused || this.#opening || this.#stopped || isFlowing) return;
    const silent = now - this.#heardAt;
    if (silent > SILENCE_MS) {
      this.open(`nothing was heard for ${Math.round(silent / 1_000)} s`);
      return;
    }
    await this.#checkProgress().catch(() => {
      // JetStream did not answer: silence will tell.
    });
  }

  async #checkProgress(): Promise<void> {
    const received = this.#deliverySeq;
    const consumer = this.#consumer;
    // In this order: a message stored between the two questions is then pending, not overlooked.
    const state = await streamState(this.#link, this.#options.stream);
    const info = await this.#link.manager.consumers.info(this.#options.stream, consumer);
    if (this.#paused || this.#stopped || received !== this.#deliverySeq || consumer !== this.#consumer) return;
    if (state?.epoch !== this.#options.epoch) this.open("the stream was deleted or recreated");
    else if (info.num_pending > 0 || info.delivered.consumer_seq > received) this.open("messages are stored but do not come");
    else this.#options.onStatus({ type: "caught-up", lastSeq: state.lastSeq });
  }
}
