import { afterAll, beforeAll, inject } from "vitest";
import { connect, type JetStreamManager, type NatsConnection } from "nats";
import { connectJetStream, type JetStream, type LogMessage, type OutgoingMessage, type ReaderStatus, type StreamReader } from "./index.ts";
import type { ReaderOptions } from "./read-stream.ts";

/** A connection of ours, one of the client's own to look from outside and to do harm, and stream names that are taken away afterwards. */
export interface TestStreams {
  jetstream: JetStream;
  connection: NatsConnection;
  manager: JetStreamManager;
  /** Makes a stream with a name of its own that stores the subjects below that name. */
  make(): Promise<string>;
}

/** Connects the calling test file to the shared server. */
export function useStreams(): TestStreams {
  const held = {} as TestStreams;
  const names: string[] = [];
  beforeAll(async () => {
    held.jetstream = await connectJetStream({ url: inject("natsUrl") });
    held.connection = await connect({ servers: inject("natsUrl") });
    held.manager = await held.connection.jetstreamManager();
    held.make = async () => {
      const name = uniqueName();
      names.push(name);
      await held.jetstream.ensureStreams([{ name, subjects: [`${name}.>`] }]);
      return name;
    };
  });
  afterAll(async () => {
    for (const name of names) await held.manager.streams.delete(name).catch(() => false);
    await Promise.all([held.connection.close(), held.jetstream.close()]);
  });
  return held;
}

/** A name that no other test file uses. */
export function uniqueName(): string {
  return `T${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
}

/** Messages "0", "1", … on `<stream>.x`. */
export function numbered(stream: string, count: number, from = 0): OutgoingMessage[] {
  return Array.from({ length: count }, (_, index) => ({ subject: `${stream}.x`, payload: Buffer.from(String(from + index)) }));
}

/** A reader whose messages and statuses are kept. */
export interface Recording {
  readonly reader: StreamReader;
  readonly messages: LogMessage[];
  readonly statuses: ReaderStatus[];
  readonly seqs: () => number[];
}

/** Opens a reader that keeps all it is told. */
export function record(
  jetstream: JetStream,
  options: Pick<ReaderOptions, "stream" | "epoch" | "from"> & Partial<ReaderOptions>,
): Recording {
  const messages: LogMessage[] = [];
  const statuses: ReaderStatus[] = [];
  const reader = jetstream.openReader({
    onMessage: (message) => messages.push(message),
    onStatus: (status) => statuses.push(status),
    ...options,
  });
  return { reader, messages, statuses, seqs: () => messages.map((message) => message.seq) };
}

/** Whole numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The error a promise was rejected with; fails if it was not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error("The promise was not rejected with an error.");
  return outcome;
}
