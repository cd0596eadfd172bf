import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  millis,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "nats";
import type { StreamDefinition } from "../../model/index.ts";
import type { Link } from "../connect.ts";
import { droppingLimits, lackingOf, streamInfo } from "../streams.ts";

/** How a stream is set up and what it holds, as far as it bears on what is promised of its messages. */
export interface StreamFacts {
  readonly name: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly storage: "file" | "memory";
  readonly replicas: number;
  /** Whether messages stay, acknowledged or not. */
  readonly keepsAll: boolean;
  /** Limits by which it forgets old messages, e.g. ["max_age"]. */
  readonly dropping: readonly string[];
  /** Bytes it holds, and the limit at which it refuses more; undefined = none. */
  readonly bytes: number;
  readonly maxBytes: number | undefined;
  /** How long a repeated message id is refused, in milliseconds; 0 = never. */
  readonly duplicateWindowMs: number;
  /** Streams that it copies messages from. */
  readonly copies: readonly string[];
  /** What its definition says and it lacks, e.g. ["the subjects shop.>"]. */
  readonly lacking: readonly string[];
  /** Whether this user can read it, and if not, why. */
  readonly reading: { readonly ok: true; readonly clock: ClockFacts } | { readonly ok: false; readonly reason: string };
}

/** A clock compared with this machine's, by a request and half its round trip. */
export interface ClockFacts {
  /** How far it is ahead of this machine's; negative = behind. */
  readonly aheadMs: number;
  /** How far off that may be. */
  readonly withinMs: number;
}

/** Looks at a stream, and makes and deletes a consumer on it, which changes nothing. @returns undefined if there is no such stream */
export async function inspectStream(link: Link, definition: StreamDefinition): Promise<StreamFacts | undefined> {
  const info = await streamInfo(link, definition.name);
  if (!info) return undefined;
  const { config, state } = info;
  return {
    name: config.name,
    firstSeq: state.first_seq,
    lastSeq: state.last_seq,
    storage: config.storage === StorageType.Memory ? "memory" : "file",
    replicas: config.num_replicas,
    keepsAll: config.retention === RetentionPolicy.Limits,
    dropping: droppingLimits(config),
    bytes: state.bytes,
    maxBytes: config.max_bytes > 0 && config.discard === DiscardPolicy.New ? config.max_bytes : undefined,
    duplicateWindowMs: millis(config.duplicate_window),
    copies: copiesOf(config),
    lacking: lackingIn(info, definition),
    reading: await tryToRead(link, config.name),
  };
}

function copiesOf({ mirror, sources }: StreamConfig): string[] {
  return [mirror, ...(sources ?? [])].flatMap((source) => (source ? [source.name] : []));
}

function lackingIn(info: StreamInfo, definition: StreamDefinition): string[] {
  try {
    return lackingOf(info, definition).map(({ what }) => what);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** The consumer's `created` is the server's clock: the one moment that every version tells, and none older than the request. */
async function tryToRead(link: Link, stream: string): Promise<StreamFacts["reading"]> {
  const sentAt = Date.now();
  const started = performance.now();
  try {
    const { created, name } = await link.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.New,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(5_000),
    });
    const withinMs = (performance.now() - started) / 2;
    await link.manager.consumers.delete(stream, name).catch(() => false);
    return { ok: true, clock: { aheadMs: Date.parse(created) - (sentAt + withinMs), withinMs } };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
