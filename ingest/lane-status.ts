import type { ClickHouse } from "../clickhouse/index.ts";
import type { JetStream } from "../jetstream/index.ts";
import type { Project } from "../model/index.ts";
import { readLedgerEnd } from "./ledger.ts";

/** Where a lane stands. What nobody knows is undefined, never 0. */
export interface LaneStatus {
  readonly stream: string;
  readonly state: "claimed" | "unclaimed" | "stream-missing";
  /** Who holds the claim. */
  readonly owner: string | undefined;
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

/** The lanes of a project: lag is measured from the stream's own last sequence to the ledger's end, so it does not depend on a worker being alive. */
export async function laneStatus({ clickhouse, jetstream, project }: LaneStatusOptions): Promise<readonly LaneStatus[]> {
  const lanes = await jetstream.lanes(project.name);
  return Promise.all(
    project.streams.map(async ({ name }) => {
      const [state, entry] = await Promise.all([jetstream.streamState(name), lanes.read(name)]);
      const owner = entry?.value?.owner;
      if (!state) return { stream: name, state: "stream-missing" as const, owner, ...UNKNOWN };
      const { committed } = await readLedgerEnd(clickhouse, { stream: name, epoch: state.epoch });
      const lagMessages = Math.max(0, state.lastSeq - committed);
      return {
        stream: name,
        state: owner === undefined ? ("unclaimed" as const) : ("claimed" as const),
        owner,
        lastSeq: state.lastSeq,
        committed,
        lagMessages,
        lagSeconds: lagMessages === 0 ? 0 : await ageOf(jetstream, name, Math.max(committed + 1, state.firstSeq)),
      };
    }),
  );
}

const UNKNOWN = { lastSeq: undefined, committed: undefined, lagMessages: undefined, lagSeconds: undefined };

async function ageOf(jetstream: JetStream, stream: string, seq: number): Promise<number | undefined> {
  const message = await jetstream.message(stream, seq);
  return message && Math.max(0, Date.now() / 1_000 - message.storedAt / 1_000_000);
}
