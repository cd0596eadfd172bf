import { DiscardPolicy, nanos, NatsError, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from "nats";
import { durationMs, type StoredStream } from "../model/index.ts";
import type { Link } from "./connect.ts";
import { covers } from "./subjects.ts";

/** What became of one stream when it was provisioned. */
export interface StreamChange {
  readonly name: string;
  readonly change: "created" | "updated" | "none";
  /** Settings of an existing stream that put its history at risk, each as a sentence; nothing is changed about them. */
  readonly warnings: readonly string[];
}

/** A stream as it is now. */
export interface StreamState {
  readonly name: string;
  /** Created time in microseconds since 1970: tells this incarnation of the stream from an earlier one of the same name. */
  readonly epoch: number;
  /** Sequence of the oldest message kept. */
  readonly firstSeq: number;
  /** Sequence of the newest message ever stored; 0 = none. */
  readonly lastSeq: number;
  readonly messages: number;
  readonly bytes: number;
}

/** JetStream API error: there is no such stream. */
const STREAM_NOT_FOUND = 10_059;

/**
 * Creates a stream, or gives an existing one what its definition says and it lacks: subjects, replicas, the duplicate window. History is never limited: when the
 * disk is full, publishing is refused (`discard: new`) instead of old messages being dropped. Limits and retention of an existing stream are left alone.
 * @throws Error that names the stream and says what JetStream refused, or that it has another number of partitions
 */
export async function ensureStream(link: Link, definition: StoredStream): Promise<StreamChange> {
  const { name } = definition;
  const info = await streamInfo(link, name);
  await refuseOtherPartitions(link, definition, info);
  if (!info) {
    await create(link, definition);
    return { name, change: "created", warnings: [] };
  }
  const warnings = risks(info);
  const lacking = lackingOf(info, definition);
  if (lacking.length === 0) return { name, change: "none", warnings };
  const config = Object.assign({}, ...lacking.map((each) => each.config)) as Partial<StreamConfig>;
  const what = lacking.map((each) => each.what).join(" and ");
  await explained(`Stream "${name}" cannot be given ${what}`, async () => link.manager.streams.update(name, config));
  return { name, change: "updated", warnings };
}

/** What the description of a partition says: how many there are is nowhere else. */
function partitionText({ count, index, of }: NonNullable<StoredStream["partition"]>): string {
  return `partition ${index} of ${count} of ${of}`;
}

/**
 * With another number of partitions an event's subject lies in another one: its later events would overtake the earlier, and one sent again would not be known.
 * @throws Error if the stream was declared with another number, none included
 */
async function refuseOtherPartitions(link: Link, { name, partition }: StoredStream, info: StreamInfo | undefined): Promise<void> {
  const wanted = partition?.count ?? 1;
  const of = partition?.of ?? name;
  const first = partition?.index === 0 ? info : await streamInfo(link, `${of}-0`);
  const [, count] = new RegExp(`^partition 0 of (\\d+) of ${of}$`).exec(first?.config.description ?? "") ?? [];
  const isWhole = partition?.index === 0 && (await streamInfo(link, of)) !== undefined;
  const has = isWhole ? 1 : Number(count ?? wanted);
  if (has === wanted) return;
  throw new Error(
    `Stream "${of}" has ${has === 1 ? "no partitions" : `${has} partitions`} and cannot be given ${wanted === 1 ? "none" : wanted}, as events of one subject would lie in two of them: keep the number, ` +
      `and declare a stream of another name for what is to come.`,
  );
}

/** What an existing stream lacks, in words and as JetStream's settings. */
interface Lacking {
  readonly what: string;
  readonly config: Partial<StreamConfig>;
}

/** What a stream's definition says and it lacks. @throws Error if this server cannot give it that */
export function lackingOf(info: StreamInfo, definition: StoredStream): Lacking[] {
  const lacking = [subjectsLacking(info, definition), replicasLacking(info, definition), windowLacking(info, definition)];
  return lacking.filter((each) => each !== undefined);
}

function subjectsLacking({ config: { subjects } }: StreamInfo, definition: StoredStream): Lacking | undefined {
  const lacking = definition.subjects.filter((subject) => !subjects.some((pattern) => covers(pattern, subject)));
  if (lacking.length === 0) return undefined;
  // JetStream refuses subjects of one stream that overlap: a wider one takes the place of those it covers.
  const kept = subjects.filter((subject) => !lacking.some((pattern) => covers(pattern, subject)));
  return { what: `the subjects ${lacking.join(", ")}`, config: { subjects: [...kept, ...lacking] } };
}

/** Settings that the definition does not name stay as somebody may have chosen them. */
function replicasLacking({ cluster, config }: StreamInfo, { name, replicas }: StoredStream): Lacking | undefined {
  if (replicas === undefined || replicas === config.num_replicas) return undefined;
  // A single nats-server 2.9 takes it, and does not find the stream any more when it is started again.
  if (replicas > 1 && !cluster?.name)
    throw new Error(`Stream "${name}" cannot be given ${replicas} replicas: this NATS server is not part of a cluster.`);
  return { what: `${replicas} replicas`, config: { num_replicas: replicas } };
}

function windowLacking({ config }: StreamInfo, { duplicateWindow }: StoredStream): Lacking | undefined {
  if (duplicateWindow === undefined) return undefined;
  const wanted = nanos(durationMs(duplicateWindow));
  if (wanted === config.duplicate_window) return undefined;
  return { what: `the duplicate window ${duplicateWindow}`, config: { duplicate_window: wanted } };
}

async function create(link: Link, definition: StoredStream): Promise<void> {
  await explained(`Stream "${definition.name}" cannot be created`, async () =>
    link.manager.streams.add({
      name: definition.name,
      ...(definition.partition ? { description: partitionText(definition.partition) } : {}),
      subjects: [...definition.subjects],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      num_replicas: definition.replicas ?? 1,
      duplicate_window: nanos(durationMs(definition.duplicateWindow ?? "2m")),
    }),
  );
}

/** Puts what cannot be done in front of JetStream's reason. */
async function explained(what: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}

function risks({ config }: StreamInfo): string[] {
  const limits = droppingLimits(config);
  return [
    ...(limits.length > 0
      ? [`Stream ${config.name} drops old messages (${limits.join(", ")}): what is dropped can never be replayed.`]
      : []),
    ...(config.retention === RetentionPolicy.Limits
      ? []
      : [`Stream ${config.name} deletes messages once they are acknowledged: it is no log.`]),
    ...(config.storage === StorageType.File ? [] : [`Stream ${config.name} is held in memory: a restart of NATS loses it.`]),
  ];
}

/** Limits by which a stream forgets. `discard: new` refuses messages instead, but age drops them in any case, and the limit for a subject unless told otherwise. */
export function droppingLimits(config: StreamConfig): string[] {
  const dropsOld = config.discard === DiscardPolicy.Old;
  return [
    ...(config.max_age > 0 ? ["max_age"] : []),
    ...(config.max_msgs > 0 && dropsOld ? ["max_msgs"] : []),
    ...(config.max_bytes > 0 && dropsOld ? ["max_bytes"] : []),
    ...(config.max_msgs_per_subject > 0 && (dropsOld || !config.discard_new_per_subject) ? ["max_msgs_per_subject"] : []),
  ];
}

/** State of a stream, or undefined if there is none of that name. */
export async function streamState(link: Link, name: string): Promise<StreamState | undefined> {
  const info = await streamInfo(link, name);
  if (!info) return undefined;
  const { first_seq: firstSeq, last_seq: lastSeq, messages, bytes } = info.state;
  return { name, epoch: epochOf(info), firstSeq, lastSeq, messages, bytes };
}

/** What JetStream tells of a stream, or undefined if there is none of that name. */
export async function streamInfo(link: Link, name: string): Promise<StreamInfo | undefined> {
  try {
    return await link.manager.streams.info(name);
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === STREAM_NOT_FOUND) return undefined;
    throw new Error(`JetStream did not tell the state of stream "${name}": ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  }
}

/** Created time in microseconds since 1970. `created` is RFC 3339 with nanoseconds; JavaScript's Date keeps three digits of them, so the next three are added. */
function epochOf(info: StreamInfo): number {
  const { created } = info;
  const fraction = (/\.(\d+)/.exec(created)?.[1] ?? "").padEnd(6, "0");
  return Math.floor(Date.parse(created) / 1_000) * 1_000_000 + Number(fraction.slice(0, 6));
}
