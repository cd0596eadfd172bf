import { ErrorCode, NatsError, type KV } from "nats";
import { z } from "zod";
import type { Link } from "./connect.ts";

const range = z.strictObject({ first: z.int(), last: z.int(), fingerprint: z.string() });

const report = z.object({ state: z.string(), reason: z.string().optional() });

const laneValue = z.object({
  epoch: z.int(),
  generation: z.int(),
  committed: z.int(),
  intent: range.optional(),
  owner: z.string().optional(),
  held: z.string().optional(),
  beat: z.int(),
  // A strange one must not spoil the checkpoint.
  report: report.optional().catch(undefined),
});

/**
 * A lane's checkpoint. It fences and declares; what is committed is for the ledger in ClickHouse to say, which lives with the data.
 * `owner` is unique to one claim; `beat` counts the owner's renewals, so that a stalled value shows; `report` is for people alone. `held` names the database that a switch
 * exchanges the tables with: until that switch has ended, or another one takes over from it, no worker may claim the lane, however long the value stands still.
 */
export type LaneValue = Readonly<z.infer<typeof laneValue>>;

/** The range a batch covers, declared before it is inserted. */
export type LaneIntent = NonNullable<LaneValue["intent"]>;

/** What whoever wrote a checkpoint last said of itself: its state, and why, in a sentence without contents of events. */
export type OwnerReport = NonNullable<LaneValue["report"]>;

/** A checkpoint as read, with the revision to replace it by. */
export interface LaneEntry {
  /** Undefined if the bucket holds something that is no checkpoint: as good as none, since the ledger knows what is committed. */
  readonly value: LaneValue | undefined;
  readonly revision: number;
  /** When it was written, by the clock of NATS; microseconds since 1970. */
  readonly changedAt: number;
}

/** The live workers of a database as read: a count for each, which it raises while it lives. */
export interface WorkersEntry {
  readonly value: Readonly<Record<string, number>>;
  readonly revision: number;
}

/** The checkpoints of the lanes that fill one database, in a JetStream KV bucket, and beside them its workers: read, and compare-and-set. */
export interface Lanes {
  read(lane: string): Promise<LaneEntry | undefined>;
  /**
   * Replaces the value that has `revision` (undefined: creates it).
   * @returns the new revision, or undefined if another has changed it in between
   */
  replace(lane: string, value: LaneValue, revision: number | undefined): Promise<number | undefined>;
  readWorkers(): Promise<WorkersEntry | undefined>;
  /** Replaces the value that has `revision` (undefined: creates it). @returns false if another has changed it in between */
  replaceWorkers(value: WorkersEntry["value"], revision: number | undefined): Promise<boolean>;
}

/** No stream has a dot in its name. */
const WORKERS_KEY = "project.workers";
const workersValue = z.record(z.string(), z.int());

/** JetStream API error: the expected last sequence is wrong, i.e. somebody else wrote. */
const WRONG_LAST_SEQUENCE = 10_071;
const CONNECTION_CLOSED: string = ErrorCode.ConnectionClosed;
/** Also what a bucket says that was deleted. */
const NOBODY_ANSWERS: string = ErrorCode.NoResponders;

/**
 * How long an answer is waited for, in milliseconds; then the value itself is asked for what became of it. A lease of 10 s is renewed every 3 s: whoever waits for an answer that
 * is lost as long as for any other (10 s) has lost the lane by then.
 */
const ANSWER_MS = 2_500;

/** A bucket, and the making of it. */
interface Bucket {
  /** Reads from the leader: what a replica says of a checkpoint may be old. */
  readonly kv: KV;
  /** Makes the bucket unless it stands. */
  readonly make: () => Promise<void>;
}

/**
 * Opens the bucket `hydrograph_<database>`: a database that a replay fills beside the live one has checkpoints of its own. The first checkpoint written makes it: whoever only reads leaves nothing behind.
 * @param replicas copies in a NATS cluster, as many as the project's streams have: a bucket that exists is given more, never fewer
 */
export async function openLanes(link: Link, database: string, replicas: number): Promise<Lanes> {
  const name = bucketOf(database);
  const bucket: Bucket = {
    kv: await link.connection.jetstream({ timeout: ANSWER_MS }).views.kv(name, { bindOnly: true }),
    make: () => makeBucket(link, name, replicas),
  };
  let made: Promise<void> | undefined;
  const makeOnce = async (): Promise<void> => {
    await (made ??= bucket.make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
  };
  return {
    read: (lane) => read(bucket.kv, lane),
    replace: async (lane, value, revision) => {
      await makeOnce();
      return replace(bucket, lane, value, revision);
    },
    readWorkers: () => readWorkers(bucket.kv),
    replaceWorkers: async (value, revision) => {
      await makeOnce();
      return replaceWorkers(bucket.kv, value, revision);
    },
  };
}

/** Name of the bucket with the checkpoints of the lanes that fill a database. */
export function bucketOf(database: string): string {
  return `hydrograph_${database}`;
}

/** Whether a write was refused because the value had changed since the revision it named. */
export function isWrongRevision(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE;
}

async function makeBucket(link: Link, name: string, replicas: number): Promise<void> {
  try {
    await link.client.views.kv(name, { history: 5, replicas });
    const { cluster, config } = await link.manager.streams.info(`KV_${name}`);
    if (config.num_replicas < replicas && cluster?.name) await link.manager.streams.update(config.name, { num_replicas: replicas });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The bucket "${name}" of checkpoints cannot be made: ${reason}.`, { cause: error });
  }
}

async function read(kv: KV, lane: string): Promise<LaneEntry | undefined> {
  const entry = await kv.get(lane);
  if (!entry || entry.operation !== "PUT") return undefined;
  const parsed = laneValue.safeParse(parseJson(entry.string()));
  return { value: parsed.data, revision: entry.revision, changedAt: entry.created.getTime() * 1_000 };
}

async function readWorkers(kv: KV): Promise<WorkersEntry | undefined> {
  const entry = await kv.get(WORKERS_KEY);
  if (!entry || entry.operation !== "PUT") return undefined;
  return { value: workersValue.safeParse(parseJson(entry.string())).data ?? {}, revision: entry.revision };
}

async function replaceWorkers(kv: KV, value: WorkersEntry["value"], revision: number | undefined): Promise<boolean> {
  const text = JSON.stringify(value);
  try {
    await (revision === undefined ? kv.create(WORKERS_KEY, text) : kv.update(WORKERS_KEY, text, revision));
    return true;
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE) return false;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function replace(bucket: Bucket, lane: string, value: LaneValue, revision: number | undefined): Promise<number | undefined> {
  const { kv } = bucket;
  const text = JSON.stringify(value);
  try {
    return revision === undefined ? await kv.create(lane, text) : await kv.update(lane, text, revision);
  } catch (error) {
    if (isWrongRevision(error)) return revisionIfOurs(kv, lane, text);
    if (!(error instanceof NatsError) || error.code === CONNECTION_CLOSED) throw error;
    if (error.code === NOBODY_ANSWERS) await bucket.make().catch(() => undefined);
    return afterUnknownOutcome(bucket, lane, text, revision, error);
  }
}

/** A compare-and-set that was refused may have been our own, stored by a try whose answer got lost: values are unique to owner and beat. */
async function revisionIfOurs(kv: KV, lane: string, text: string): Promise<number | undefined> {
  const entry = await kv.get(lane);
  return entry?.string() === text ? entry.revision : undefined;
}

/** No answer: the value may or may not be stored. Reads until it is known; the value stored tells. */
async function afterUnknownOutcome(
  bucket: Bucket,
  lane: string,
  text: string,
  revision: number | undefined,
  error: NatsError,
): Promise<number | undefined> {
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min(2_000, 50 * 2 ** attempt));
    });
    const entry = await bucket.kv.get(lane).catch(() => "unknown" as const);
    if (entry === "unknown") continue;
    if (entry?.string() === text) return entry.revision;
    if (entry?.revision === revision || (entry === null && revision === undefined))
      return replace(bucket, lane, JSON.parse(text) as LaneValue, revision);
    return undefined;
  }
  throw new Error(`JetStream did not answer about the checkpoint of lane "${lane}" for a while.`, { cause: error });
}
