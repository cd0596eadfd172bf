import type {
  JetStream,
  LaneEntry,
  Lanes,
  LaneValue,
  LogMessage,
  RangeOptions,
  ReaderOptions,
  StreamReader,
  StreamState,
} from "../../../jetstream/index.ts";
import { logMessage } from "../../batch/log-message.test-support.ts";
import { never, type Process, type World } from "./world.test-support.ts";

/** An incarnation of the stream. */
export interface FakeStream {
  readonly name: string;
  readonly epoch: number;
  /** What it still has, by sequence. */
  readonly messages: Map<number, LogMessage>;
  /** What it ever had. */
  readonly history: LogMessage[];
  lastSeq: number;
}

/** A paused reader holds this many messages that were under way. */
const MOST_HELD = 2;
/** A quiet reader asks the stream this often whether that was all, in milliseconds. */
const CHECK_MS = 2_000;

/** One stream and the bucket of checkpoints, behind the interface of a JetStream. */
export class FakeJetStream {
  /** Every incarnation; the last is the one that stands. */
  readonly streams: FakeStream[] = [];
  #entry: LaneEntry | undefined;
  #revision = 0;
  #readers: FakeReader[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.recreate();
    world.sources.push(() => this.#readers.flatMap((reader) => reader.moves()));
  }

  get stream(): FakeStream {
    return this.streams.at(-1)!;
  }

  /** Deletes the stream and makes it anew: sequences start at 1 again. */
  recreate(): void {
    this.streams.at(-1)?.messages.clear();
    const epoch = 1_790_000_000_000_000 + this.streams.length;
    this.streams.push({ name: "S", epoch, messages: new Map(), history: [], lastSeq: 0 });
  }

  publish(payload: string, storedAt: number): void {
    const { stream } = this;
    stream.lastSeq += 1;
    const message = logMessage({ seq: stream.lastSeq, storedAt, subject: "s.x", payload: Buffer.from(payload) });
    stream.messages.set(stream.lastSeq, message);
    stream.history.push(message);
  }

  /** Removes what the stream has up to a sequence. */
  purge(upTo: number): void {
    for (const seq of this.stream.messages.keys()) if (seq <= upTo) this.stream.messages.delete(seq);
  }

  loseCheckpoint(): void {
    this.#entry = undefined;
  }

  /** The servers as one process sees them. */
  of(process: Process): JetStream {
    const ask = <T>(name: string, perform: () => T): Promise<T> => this.#world.request(process, "nats", name, perform, noAnswer);
    return {
      ensureStreams: never,
      publish: never,
      close: never,
      table: never,
      inspect: never,
      sequenceAt: never,
      isConnected: () => true,
      streamState: () => ask("stream state", () => this.#state()),
      message: (_stream, seq) => ask("message", () => this.stream.messages.get(seq)),
      lanes: () => Promise.resolve(this.#lanes(ask)),
      readRange: async (options) => this.#readRange(ask, options),
      openReader: (options) => {
        const reader = new FakeReader(this, this.#world, process, options);
        this.#readers.push(reader);
        return reader;
      },
    };
  }

  #state(): StreamState {
    const { epoch, lastSeq, messages, name } = this.stream;
    return { name, epoch, firstSeq: Math.min(lastSeq + 1, ...messages.keys()), lastSeq, messages: messages.size, bytes: 0 };
  }

  /** The bucket: a value changes by compare-and-set on its revision, and revisions are never used again. */
  #lanes(ask: <T>(name: string, perform: () => T) => Promise<T>): Lanes {
    return {
      readWorkers: never,
      replaceWorkers: never,
      read: () => ask("read checkpoint", () => this.#entry),
      replace: (_lane, value, revision) =>
        ask(`write checkpoint ${describeValue(value)}`, () => {
          if (this.#entry?.revision !== revision) return undefined;
          this.#revision += 1;
          this.#entry = { value: structuredClone(value), revision: this.#revision, changedAt: this.#world.now * 1_000 };
          return this.#revision;
        }),
    };
  }

  async #readRange(ask: <T>(name: string, perform: () => T) => Promise<T>, { epoch, first, last, onMessage, signal }: RangeOptions) {
    const messages = await ask("read range", () => {
      if (epoch !== this.stream.epoch) throw new Error("The stream is gone.");
      return [...this.stream.messages.values()].filter(({ seq }) => seq >= first && seq <= last);
    });
    for (const message of messages) {
      signal.throwIfAborted();
      onMessage(message);
    }
  }
}

function noAnswer(): Error {
  return new Error("no answer from JetStream");
}

function describeValue({ committed, intent, owner }: LaneValue): string {
  return `${owner ?? "released"} committed ${committed}${intent ? ` intent ${intent.first}-${intent.last}` : ""}`;
}

/** Reads one incarnation in order; messages that come while it is paused are held, a few of them, and handed out first when it resumes. */
class FakeReader implements StreamReader {
  readonly #jetstream: FakeJetStream;
  readonly #process: Process;
  readonly #options: ReaderOptions;
  readonly #callOff: () => void;
  #held: LogMessage[] = [];
  #next: number;
  #isPaused = false;
  #isStopped = false;

  constructor(jetstream: FakeJetStream, world: World, process: Process, options: ReaderOptions) {
    this.#jetstream = jetstream;
    this.#process = process;
    this.#options = options;
    this.#next = options.from;
    this.#callOff = world.clockOf(process).every(CHECK_MS, () => this.#check());
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (this.#held.length > 0 && !this.#paused()) this.#options.onMessage(this.#held.shift()!);
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#callOff();
    return Promise.resolve();
  }

  moves(): (() => void)[] {
    if (this.#isStopped || !this.#process.isAwake || this.#held.length >= MOST_HELD) return [];
    const message = this.#upcoming();
    return message ? [() => this.#receive(message)] : [];
  }

  #paused(): boolean {
    return this.#isPaused;
  }

  #upcoming(): LogMessage | undefined {
    const { epoch, lastSeq, messages } = this.#jetstream.stream;
    if (epoch !== this.#options.epoch) return undefined;
    for (let seq = this.#next; seq <= lastSeq; seq += 1) if (messages.has(seq)) return messages.get(seq);
    return undefined;
  }

  #receive(message: LogMessage): void {
    this.#next = message.seq + 1;
    if (this.#isPaused || this.#held.length > 0) this.#held.push(message);
    else this.#options.onMessage(message);
  }

  #check(): void {
    const { epoch, lastSeq, name } = this.#jetstream.stream;
    if (this.#isPaused || this.#isStopped) return;
    if (epoch !== this.#options.epoch) {
      void this.stop();
      this.#options.onStatus({ type: "stream-recreated", state: { name, epoch, firstSeq: 1, lastSeq, messages: 0, bytes: 0 } });
    } else if (this.#upcoming() === undefined && this.#held.length === 0) this.#options.onStatus({ type: "caught-up", lastSeq });
  }
}
