import { setTimeout as sleep } from "node:timers/promises";
import { connect, NatsError, type JetStreamClient, type JetStreamManager, type NatsConnection } from "nats";
import type { PublishedMessage } from "../oracles/ledger.ts";
import type { Content } from "./messages.ts";

/** A message that JetStream acknowledged. */
export interface SentMessage extends PublishedMessage {
  readonly payload: Buffer;
  readonly reason: string | undefined;
}

/** A message with the id that makes it safe to send again. */
interface Outgoing {
  readonly stream: string;
  readonly epoch: number;
  readonly content: Content;
  readonly msgID: string;
}

/** Messages under way at a time. */
const WINDOW = 200;

/**
 * Publishes with the NATS client itself, past the project's own code, and remembers what was acknowledged: the truth to compare the tables with. A message without an answer is
 * sent again under its id until there is one, so in the end everything sent is acknowledged.
 */
export class Publisher {
  /** Everything acknowledged, in no particular order. */
  sent: SentMessage[] = [];
  readonly manager: JetStreamManager;
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #epochs = new Map<string, number>();
  /** Tried once, and not acknowledged. */
  readonly #unknown: Outgoing[] = [];
  #next = 0;

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#connection = connection;
    this.#client = connection.jetstream({ timeout: 2_000 });
    this.manager = manager;
  }

  /** Connects straight to the server: its faults are the server's own. */
  static async connect(url: string): Promise<Publisher> {
    const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50, ignoreAuthErrorAbort: true });
    return new Publisher(connection, await connection.jetstreamManager({ timeout: 2_000 }));
  }

  /** Publishes to a stream whose subjects begin with its name in lower case, and waits until all is acknowledged. */
  async publish(stream: string, contents: Iterable<Content>): Promise<void> {
    const epoch = this.#epochs.get(stream) ?? (await this.#epochOf(stream));
    this.#epochs.set(stream, epoch);
    const underWay = new Set<Promise<void>>();
    for (const content of contents) {
      const outgoing = this.#outgoing(stream, epoch, content);
      const one = this.#untilAnswered(() => this.#send(outgoing)).finally(() => underWay.delete(one));
      underWay.add(one);
      if (underWay.size >= WINDOW) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  /** A stream was deleted, and nobody can know any more what these of its messages held. What is published from now on belongs to the next incarnation. */
  forget(gone: (message: SentMessage) => boolean): void {
    this.sent = this.sent.filter((message) => !gone(message));
    this.#epochs.clear();
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Tries once. A message that is not acknowledged may be stored or not: `settleUnknown` finds out. @throws NatsError without an acknowledgement */
  async publishOnce(stream: string, content: Content): Promise<void> {
    const epoch = this.#epochs.get(stream) ?? (await this.#epochOf(stream));
    this.#epochs.set(stream, epoch);
    const outgoing = this.#outgoing(stream, epoch, content);
    this.#unknown.push(outgoing);
    await this.#send(outgoing);
    this.#unknown.pop();
  }

  /** Publishes what was tried once without an acknowledgement until it is acknowledged: stored before or not, it then is once. */
  async settleUnknown(): Promise<void> {
    for (const outgoing of this.#unknown.splice(0)) await this.#untilAnswered(() => this.#send(outgoing));
  }

  #outgoing(stream: string, epoch: number, content: Content): Outgoing {
    this.#next += 1;
    return { stream, epoch, content, msgID: `${process.pid}-${this.#next}` };
  }

  async #send({ content, epoch, msgID, stream }: Outgoing): Promise<void> {
    const { events, payload, reason } = content;
    const { seq } = await this.#client.publish(`${stream.toLowerCase()}.faults`, payload, { msgID });
    this.sent.push({ stream, epoch, seq, bytes: payload.length, events, payload, reason });
  }

  /** Asks until there is an answer: NATS may be away. */
  async #untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof NatsError) || this.#connection.isClosed()) throw error;
        await sleep(50);
      }
    }
  }

  /** When the stream was created, in microseconds since 1970: the server says it as RFC 3339 with up to nine digits of a second. */
  async #epochOf(stream: string): Promise<number> {
    const { created } = await this.#untilAnswered(() => this.manager.streams.info(stream));
    const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(created) ?? [];
    return Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6));
  }
}
