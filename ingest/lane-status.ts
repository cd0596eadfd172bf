import type { ClickHouse } from "../clickhouse/index.ts";
import type { JetStream } from "../jetstream/index.ts";
import { durationMs, type Project } from "../model/index.ts";
import { readLedgerEnd } from "./ledger.ts";

/** Where a lane stands. What nobody knows is undefined, never 0. */
export interface LaneStatus {
  readonly stream: string;
  /** "stale": claimed, but its owner has not renewed the claim for longer than the lease: it is dead or cut off, and the next worker takes over. */
  readonly state: "claimed" | "stale" | "unclaimed" | "stream-missing";
  /** Who holds the claim. */
  readonly owner: string | undefined;
  /** Seconds since the owner last renewed the claim, between the clock of NATS and this machine's. */
  readonly beatSeconds: number | undefined;
  /** Last sequence of the stream, and the last that is committed. */
  readonly lastSeq: number | undefined;
  readonly committed: number | undefined;
  readonly lagMessages: number | undefined;
  /** Age of the oldest message that is not committed. */
  readonly lagSeconds: number | undefined;
}

/** What {@link laneStatus} looks at. */
export interface LaneStatusOptions {
  readonly project: Project;
  readonly clickhouse: ClickHouse;
  readonly jetstream: JetStream;
}

/** The lanes that fill a database: lag is measured from the stream's own last sequence to the ledger's end, so it does not depend on a worker being alive. */
export async function laneStatus({ clickhouse, jetstream, project }: LaneStatusOptions): Promise<readonly LaneStatus[]> {
  const lanes = await jetstream.lanes(clickhouse.database);
  const leaseSeconds = durationMs(project.limits.lease) / 1_000;
  return Promise.all(
    project.streams.map(async ({ name }) => {
      const [state, entry] = await Promise.all([jetstream.streamState(name), lanes.read(name)]);
      const owner = entry?.value?.owner;
      const beatSeconds = owner === undefined || !entry ? undefined : ageOf(entry.changedAt);
      const claim = { stream: name, owner, beatSeconds };
      if (!state) return { ...claim, state: "stream-missing" as const, ...UNKNOWN };
      const { committed } = await readLedgerEnd(clickhouse, { stream: name, epoch: state.epoch });
      const lagMessages = Math.max(0, state.lastSeq - committed);
      return {
        ...claim,
        state: beatSeconds === undefined ? "unclaimed" : beatSeconds > leaseSeconds ? "stale" : ("claimed" as const),
        lastSeq: state.lastSeq,
        committed,
        lagMessages,
        lagSeconds: lagMessages === 0 ? 0 : await ageOfMessage(jetstream, name, Math.max(committed + 1, state.firstSeq)),
      };
    }),
  );
}

const UNKNOWN = { lastSeq: undefined, committed: undefined, lagMessages: undefined, lagSeconds: undefined };

async function ageOfMessage(jetstream: JetStream, stream: string, seq: number): Promise<number | undefined> {
  const message = await jetstream.message(stream, seq);
  return message && ageOf(message.storedAt);
}

/** Seconds since a moment (microseconds since 1970). */
function ageOf(at: number): number {
  return Math.max(0, Date.now() / 1_000 - at / 1_000_000);
}
