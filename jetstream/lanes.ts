import { ErrorCode, NatsError, type KV } from "nats";
import { z } from "zod";
import type { Link } from "./connect.ts";

const range = z.strictObject({ first: z.int(), last: z.int(), fingerprint: z.string() });

const laneValue = z.object({
  epoch: z.int(),
  generation: z.int(),
  committed: z.int(),
  intent: range.optional(),
  owner: z.string().optional(),
  beat: z.int(),
});

/**
 * A lane's checkpoint. It fences and declares; what is committed is for the ledger in ClickHouse to say, which lives with the data.
 * `owner` is unique to one claim; `beat` counts the owner's renewals, so that a stalled value shows.
 */
export type LaneValue = Readonly<z.infer<typeof laneValue>>;

/** The range a batch covers, declared before it is inserted. */
export type LaneIntent = NonNullable<LaneValue["intent"]>;

/** A checkpoint as read, with the revision to replace it by. */
export interface LaneEntry {
  /** Undefined if the bucket holds something that is no checkpoint: as good as none, since the ledger knows what is committed. */
  readonly value: LaneValue | undefined;
  readonly revision: number;
}

/** The checkpoints of a project's lanes in a JetStream KV bucket: read, and compare-and-set. */
export interface Lanes {
  read(lane: string): Promise<LaneEntry | undefined>;
  /**
   * Replaces the value that has `revision` (undefined: creates it).
   * @returns the new revision, or undefined if another has changed it in between
   */
  replace(lane: string, value: LaneValue, revision: number | undefined): Promise<number | undefined>;
}

/** JetStream API error: the expected last sequence is wrong, i.e. somebody else wrote. */
const WRONG_LAST_SEQUENCE = 10_071;
const CONNECTION_CLOSED: string = ErrorCode.ConnectionClosed;

/** Opens (and creates if need be) the bucket `hydrograph_<project>`. */
export async function openLanes(link: Link, project: string): Promise<Lanes> {
  const kv = await link.client.views.kv(`hydrograph_${project}`, { history: 5 });
  return {
    read: (lane) => read(kv, lane),
    replace: (lane, value, revision) => replace(kv, lane, value, revision),
  };
}

async function read(kv: KV, lane: string): Promise<LaneEntry | undefined> {
  const entry = await kv.get(lane);
  if (!entry || entry.operation !== "PUT") return undefined;
  const parsed = laneValue.safeParse(parseJson(entry.string()));
  return { value: parsed.data, revision: entry.revision };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function replace(kv: KV, lane: string, value: LaneValue, revision: number | undefined): Promise<number | undefined> {
  const text = JSON.stringify(value);
  try {
    return revision === undefined ? await kv.create(lane, text) : await kv.update(lane, text, revision);
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE) return revisionIfOurs(kv, lane, text);
    if (!(error instanceof NatsError) || error.code === CONNECTION_CLOSED) throw error;
    return afterUnknownOutcome(kv, lane, text, revision, error);
  }
}

/** A compare-and-set that was refused may have been our own, stored by a try whose answer got lost: values are unique to owner and beat. */
async function revisionIfOurs(kv: KV, lane: string, text: string): Promise<number | undefined> {
  const entry = await kv.get(lane);
  return entry?.string() === text ? entry.revision : undefined;
}

/** No answer: the value may or may not be stored. Reads until it is known; the value stored tells. */
async function afterUnknownOutcome(
  kv: KV,
  lane: string,
  text: string,
  revision: number | undefined,
  error: NatsError,
): Promise<number | undefined> {
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min(2_000, 50 * 2 ** attempt));
    });
    const entry = await kv.get(lane).catch(() => "unknown" as const);
    if (entry === "unknown") continue;
    if (entry?.string() === text) return entry.revision;
    if (entry?.revision === revision || (entry === null && revision === undefined))
      return replace(kv, lane, JSON.parse(text) as LaneValue, revision);
    return undefined;
  }
  throw new Error(`JetStream did not answer about the checkpoint of lane "${lane}" for a while.`, { cause: error });
}
