import type { ClickHouse } from "../../clickhouse/index.ts";
import { laneStatus, type LaneStatus } from "../../ingest/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { caughtUpAt } from "../ingested-until.ts";
import { FRESH_MS, shared } from "./shared.ts";

/** What all questions of a server ask NATS, over one connection. */
export interface SharedLog {
  /** See `ingestedUntil`. Questions of the same second share the answer: what was in then is in. */
  readonly ingestedUntil: () => Promise<Date | undefined>;
  /** What each lane does; undefined if nobody said where NATS is. */
  readonly lanes: () => Promise<readonly LaneStatus[] | undefined>;
  readonly close: () => Promise<void>;
}

/** @param open connects, when the first question comes, and again after a failure; undefined = nobody said where NATS is */
export function sharedLog(
  project: Project,
  clickhouse: ClickHouse,
  open: () => Promise<JetStream | undefined>,
  freshMs = FRESH_MS,
): SharedLog {
  let connection: Promise<JetStream | undefined> | undefined;

  const connected = (): Promise<JetStream | undefined> => (connection ??= open());
  const disconnect = async (): Promise<void> => {
    const last = connection;
    connection = undefined;
    await last?.then((jetstream) => jetstream?.close()).catch(() => {});
  };
  const lanes = async (): Promise<readonly LaneStatus[] | undefined> => {
    try {
      const jetstream = await connected();
      return jetstream && (await laneStatus({ project, clickhouse, jetstream }));
    } catch (error) {
      void disconnect();
      throw error;
    }
  };
  return {
    ingestedUntil: shared(() => caughtUpAt(lanes), freshMs),
    lanes,
    close: disconnect,
  };
}
