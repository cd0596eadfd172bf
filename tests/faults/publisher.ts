import { setTimeout as sleep } from "node:timers/promises";
import { connect, NatsError, type JetStreamClient, type JetStreamManager, type NatsConnection, type PubAck } from "nats";
import type { PublishedMessage } from "../oracles/ledger.ts";
import type { Content } from "./messages.ts";

/** A message that JetStream acknowledged. */
export interface SentMessage extends PublishedMessage {
  readonly payload: Buffer;
  readonly reason: string | undefined;
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
  #next = 0;

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#connection = connection;
    this.#client = connection.jetstream({ timeout: 2_000 });
    this.manager = manager;
  }

  /** Connects straight to the server: its faults are the server's own. */
  static async connect(url: string): Promise<Publisher> {
    const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    return new Publisher(connection, await connection.jetstreamManager({ timeout: 2_000 }));
  }

  /** Publishes to a stream whose subjects begin with its name in lower case, and waits until all is acknowledged. */
  async publish(stream: string, contents: Iterable<Content>): Promise<void> {
    const epoch = this.#epochs.get(stream) ?? (await this.#epochOf(stream));
    this.#epochs.set(stream, epoch);
    const underWay = new Set<Promise<void>>();
    for (const content of contents) {
      const one = this.#publishOne(stream, epoch, content).finally(() => underWay.delete(one));
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

  async #publishOne(stream: string, epoch: number, content: Content): Promise<void> {
    this.#next += 1;
    const ack = await this.#untilAcknowledged(`${stream.toLowerCase()}.faults`, content.payload, `${process.pid}-${this.#next}`);
    const { events, payload, reason } = content;
    this.sent.push({ stream, epoch, seq: ack.seq, bytes: payload.length, events, payload, reason });
  }

  async #untilAcknowledged(subject: string, payload: Buffer, msgID: string): Promise<PubAck> {
    for (;;) {
      try {
        return await this.#client.publish(subject, payload, { msgID });
      } catch (error) {
        if (!(error instanceof NatsError) || this.#connection.isClosed()) throw error;
        await sleep(50);
      }
    }
  }

  /** When the stream was created, in microseconds since 1970: the server says it as RFC 3339 with up to nine digits of a second. */
  async #epochOf(stream: string): Promise<number> {
    const { created } = await this.manager.streams.info(stream);
    const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(created) ?? [];
    return Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6));
  }
}
