import type { ClickHouse } from "../clickhouse/index.ts";
import type { JetStream, LaneEntry, StreamState } from "../jetstream/index.ts";
import { durationMs, storedStreams, type Project } from "../model/index.ts";
import { readLedgerEnd, recentlyReceived, RECENT_SECONDS } from "./ledger.ts";
import { LANE_STATES, type LaneState } from "./metrics.ts";

/** Where a lane stands. What nobody knows is undefined, never 0. */
export interface LaneStatus {
  readonly stream: string;
  /**
   * What its worker says it does, or what is seen from outside:
   * - `claimed`: it has an owner who does not say what it does;
   * - `stale`: its owner has not renewed the claim for longer than the lease: it is dead or cut off, and the next worker takes over;
   * - `unclaimed`: nobody reads it.
   */
  readonly state: LaneState | "claimed" | "stale" | "unclaimed";
  /** Why, in a sentence, if the worker told: what it waits for while it is paused, slowed or retrying. */
  readonly reason: string | undefined;
  /** Who holds the claim. */
  readonly owner: string | undefined;
  /** Seconds since the owner last renewed the claim, between the clock of NATS and this machine's. */
  readonly beatSeconds: number | undefined;
  /** Last sequence of the stream. */
  readonly lastSeq: number | undefined;
  /** Last sequence that is committed, by the ledger, which has the last word. */
  readonly committed: number | undefined;
  /** Last sequence that is committed, by the checkpoint: never ahead of the ledger, unless ClickHouse lost rows. */
  readonly checkpointed: number | undefined;
  readonly lagMessages: number | undefined;
  /** Age of the oldest message that is not committed. */
  readonly lagSeconds: number | undefined;
  /** Messages committed a second over the last minute, by the ledger. */
  readonly rate: number | undefined;
}

/** What {@link laneStatus} looks at. */
export interface LaneStatusOptions {
  readonly project: Project;
  /** Undefined if it cannot be reached: then what it alone knows is unknown. */
  readonly clickhouse: ClickHouse | undefined;
  readonly jetstream: JetStream;
}

/** The lanes that fill a database: lag is measured from the stream's own last sequence to the ledger's end, so it does not depend on a worker being alive. */
export async function laneStatus({ clickhouse, jetstream, project }: LaneStatusOptions): Promise<readonly LaneStatus[]> {
  const lanes = await jetstream.lanes(clickhouse?.database ?? project.name);
  const leaseSeconds = durationMs(project.limits.lease) / 1_000;
  return Promise.all(
    storedStreams(project.streams).map(async ({ name }) => {
      const [stream, entry] = await Promise.all([jetstream.streamState(name), lanes.read(name)]);
      const claim = claimOf(entry, leaseSeconds);
      if (!stream) return { stream: name, ...claim, ...UNKNOWN, state: "stream-missing" as const, reason: undefined };
      const checkpointed = entry?.value?.epoch === stream.epoch ? entry.value.committed : undefined;
      return { stream: name, ...claim, checkpointed, ...(await progressOf(stream, clickhouse, jetstream)) };
    }),
  );
}

const UNKNOWN = {
  lastSeq: undefined,
  committed: undefined,
  checkpointed: undefined,
  lagMessages: undefined,
  lagSeconds: undefined,
  rate: undefined,
};

type Claim = Pick<LaneStatus, "state" | "reason" | "owner" | "beatSeconds">;

/** States in which a worker has let go of a lane to try again in a moment, for the reason that its report gives. */
const BETWEEN_TRIES: ReadonlySet<string> = new Set<LaneState>(["paused", "retrying"]);

function claimOf(entry: LaneEntry | undefined, leaseSeconds: number): Claim {
  const { owner, report } = entry?.value ?? {};
  const age = entry && ageOf(entry.changedAt);
  const isRecent = age !== undefined && age <= leaseSeconds;
  if (owner !== undefined && !isRecent) return { state: "stale", reason: report?.reason, owner, beatSeconds: age };
  const said = LANE_STATES.find((state) => state === report?.state);
  if (owner !== undefined) return { state: said ?? "claimed", reason: report?.reason, owner, beatSeconds: age };
  const trying = said !== undefined && isRecent && BETWEEN_TRIES.has(said);
  return { state: trying ? said : "unclaimed", reason: report?.reason, owner, beatSeconds: undefined };
}

type Progress = Pick<LaneStatus, "lastSeq" | "committed" | "lagMessages" | "lagSeconds" | "rate">;

async function progressOf(stream: StreamState, clickhouse: ClickHouse | undefined, jetstream: JetStream): Promise<Progress> {
  const { epoch, firstSeq, lastSeq, name } = stream;
  if (!clickhouse) return { ...UNKNOWN, lastSeq };
  const lane = { stream: name, epoch };
  const [{ committed }, recent] = await Promise.all([readLedgerEnd(clickhouse, lane), recentlyReceived(clickhouse, lane)]);
  const lagMessages = Math.max(0, lastSeq - committed);
  return {
    lastSeq,
    committed,
    lagMessages,
    lagSeconds: lagMessages === 0 ? 0 : await ageOfMessage(jetstream, name, Math.max(committed + 1, firstSeq)),
    rate: recent / RECENT_SECONDS,
  };
}

async function ageOfMessage(jetstream: JetStream, stream: string, seq: number): Promise<number | undefined> {
  const message = await jetstream.message(stream, seq);
  return message && ageOf(message.storedAt);
}

/** Seconds since a moment (microseconds since 1970). */
function ageOf(at: number): number {
  return Math.max(0, Date.now() / 1_000 - at / 1_000_000);
}
