import { connect, ErrorCode, Events, NatsError, type JetStreamClient, type JetStreamManager, type NatsConnection } from "nats";
import { storedStreams, type Project, type StreamDefinition } from "../model/index.ts";
import { attachDeliveries, type Deliveries } from "./deliveries.ts";
import { inspect, type JetStreamFacts } from "./inspect/inspect.ts";
import { openLanes, type Lanes } from "./lanes.ts";
import type { LogMessage } from "./log-message.ts";
import { publish, type OutgoingMessage, type PublishOptions, type PublishSummary } from "./publish.ts";
import { readMessage } from "./read-message.ts";
import { readRange, type RangeOptions } from "./read-range.ts";
import { openReader, type ReaderOptions, type StreamReader } from "./read-stream.ts";
import { sequenceAt } from "./sequence-at.ts";
import { openTable, type Table } from "./tables.ts";
import { ensureStream, streamState, type StreamChange, type StreamState } from "./streams.ts";

/** Where NATS is, and as whom to connect. */
export interface JetStreamOptions {
  /** One or more servers, comma-separated, e.g. "nats://127.0.0.1:4222". */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown in the server's list of connections. */
  readonly name?: string;
}

/** A connection to JetStream: streams, publishing, reading, and the lanes' checkpoints. It reconnects by itself for ever. */
export interface JetStream {
  /** Creates the streams that are missing and adds new subjects to those that exist; takes nothing away. */
  ensureStreams(streams: readonly StreamDefinition[]): Promise<readonly StreamChange[]>;
  /** State of a stream, or undefined if there is none of that name. */
  streamState(name: string): Promise<StreamState | undefined>;
  publish(messages: Iterable<OutgoingMessage> | AsyncIterable<OutgoingMessage>, options?: PublishOptions): Promise<PublishSummary>;
  /** Reads a stream in order from a sequence on, without acknowledging anything. */
  openReader(options: ReaderOptions): StreamReader;
  /** Reads what the stream still has of a range. */
  readRange(options: RangeOptions): Promise<void>;
  /** One message, or undefined if the stream no longer has it. */
  message(stream: string, seq: number): Promise<LogMessage | undefined>;
  /** The first sequence stored at or after a moment (microseconds since 1970), whether or not it is stored yet; undefined = there is no such stream. */
  sequenceAt(stream: string, moment: number): Promise<number | undefined>;
  /** The checkpoints of the lanes that fill a database; `replicas` counts once there is one to write. Default 1. */
  lanes(database: string, replicas?: number): Promise<Lanes>;
  /** A project's lookup table, made if it is not there; `replicas` counts then. Default 1. */
  table(project: string, name: string, replicas?: number): Promise<Table>;
  /** Facts about the server and a project's streams, for whoever judges what can be promised; nothing is changed. */
  inspect(project: Pick<Project, "name" | "streams">): Promise<JetStreamFacts>;
  /** Whether the connection is up at this moment. */
  isConnected(): boolean;
  close(): Promise<void>;
}

/** A connection for reading, and who takes what comes through it. */
export interface ReadingConnection {
  readonly connection: NatsConnection;
  readonly deliveries: Deliveries;
}

/** What everything in this room speaks through. */
export interface Link {
  readonly connection: NatsConnection;
  /**
   * A connection for reading alone, made when it is first asked for: on a shared one, the answer to a checkpoint would queue behind megabytes of messages
   * (some 100 ms a batch).
   */
  readonly reading: () => Promise<ReadingConnection>;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** Connects to NATS. @throws Error with one sentence if it cannot be reached, refuses us, or has no JetStream */
export async function connectJetStream(options: JetStreamOptions): Promise<JetStream> {
  const connection = await dial(options);
  let connected = true;
  void followStatus(connection, (up) => {
    connected = up;
  });
  let reading: Promise<ReadingConnection> | undefined;
  const link: Link = {
    connection,
    reading: () => (reading ??= dialForReading(options, () => (reading = undefined))),
    client: connection.jetstream({ timeout: 10_000 }),
    manager: await manage(connection, options.url),
  };
  return {
    ensureStreams: async (streams) => {
      const changes: StreamChange[] = [];
      for (const stream of storedStreams(streams)) changes.push(await ensureStream(link, stream));
      return changes;
    },
    streamState: (name) => streamState(link, name),
    publish: (messages, publishOptions) => publish(link, messages, publishOptions),
    openReader: (readerOptions) => openReader(link, readerOptions),
    readRange: (rangeOptions) => readRange(link, rangeOptions),
    message: (stream, seq) => readMessage(link, stream, seq),
    sequenceAt: (stream, moment) => sequenceAt(link, stream, moment),
    lanes: (database, replicas = 1) => openLanes(link, database, replicas),
    table: (project, name, replicas = 1) => openTable(link, project, name, replicas),
    inspect: (project) => inspect(link, project),
    isConnected: () => connected && !connection.isClosed(),
    close: async () => {
      // One that was still being made when NATS died has nothing to close, and its failure would hide why we close.
      const closeReading = reading?.then(
        (other) => other.connection.close(),
        () => undefined,
      );
      await Promise.all([connection.close(), closeReading]);
    },
  };
}

async function dial(options: JetStreamOptions): Promise<NatsConnection> {
  try {
    return await connect({
      servers: options.url.split(","),
      name: options.name ?? "hydrograph",
      timeout: 5_000,
      maxReconnectAttempts: -1,
      // Without it, a second refusal closes the connection for good: a password that was changed and changed back would need a restart of every worker.
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: 250,
      pingInterval: 10_000,
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(options.password === undefined ? {} : { pass: options.password }),
    });
  } catch (error) {
    throw new Error(`Cannot connect to NATS at ${options.url}: ${reasonOf(error)}.`, { cause: error });
  }
}

/** A failure is for whoever asked this time; the next who asks tries again. */
async function dialForReading(options: JetStreamOptions, forget: () => void): Promise<ReadingConnection> {
  try {
    const connection = await dial({ ...options, name: `${options.name ?? "hydrograph"} (reading)` });
    return { connection, deliveries: attachDeliveries(connection) };
  } catch (error) {
    forget();
    throw error;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof NatsError ? error.code : (error as NodeJS.ErrnoException).code;
  if (code === ErrorCode.ConnectionRefused || code === "ECONNREFUSED")
    return 'nothing listens there: start it, for instance with "hydrograph up"';
  if (code === ErrorCode.AuthorizationViolation || code === ErrorCode.AuthenticationExpired) return "it refuses the user or password";
  if (code === ErrorCode.Timeout || code === ErrorCode.ConnectionTimeout) return "it did not answer within 5 seconds";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the host name is unknown";
  return error instanceof Error ? error.message : String(error);
}

async function manage(connection: NatsConnection, url: string): Promise<JetStreamManager> {
  try {
    return await connection.jetstreamManager({ timeout: 10_000 });
  } catch (error) {
    await connection.close();
    throw new Error(`NATS at ${url} answers without JetStream: start it with "jetstream" in its configuration, or "nats-server -js".`, {
      cause: error,
    });
  }
}

async function followStatus(connection: NatsConnection, report: (up: boolean) => void): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === Events.Disconnect) report(false);
    else if (status.type === Events.Reconnect) report(true);
  }
}
