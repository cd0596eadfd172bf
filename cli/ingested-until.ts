import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouse } from "../clickhouse/index.ts";
import { laneStatus, type LaneStatusOptions } from "../ingest/index.ts";
import type { LoadedConfig } from "./config/load-config.ts";
import { openJetStreamIfNamed } from "./connections.ts";
import { UsageError } from "./errors.ts";
import type { Invocation } from "./invocation.ts";

/** An answer that needs NATS for a nicety alone does not wait longer for it. */
const PATIENCE_MS = 1_000;

/**
 * The moment of the call, if NATS says at once that everything stored by then is in ClickHouse: streams that are quiet keep no bucket open then. Undefined if something waits, or
 * NATS is not named, away or slow: then the ledger tells how far the log is in.
 * @throws UsageError if what names NATS makes no sense
 */
export async function ingestedUntil(invocation: Invocation, config: LoadedConfig, clickhouse: ClickHouse): Promise<Date | undefined> {
  const asked = new Date();
  const opening = openJetStreamIfNamed(invocation, config).catch((error: unknown) => {
    if (error instanceof UsageError) throw error;
    return undefined;
  });
  const caughtUp = async (): Promise<boolean> => {
    const jetstream = await opening;
    return jetstream !== undefined && isCaughtUp({ project: config.project, clickhouse, jetstream });
  };
  try {
    return (await Promise.race([caughtUp(), sleep(PATIENCE_MS, false, { ref: false })])) ? asked : undefined;
  } finally {
    // However long it takes to connect: nobody waits for it.
    void opening.then((jetstream) => jetstream?.close()).catch(() => {});
  }
}

/** Whether NATS says that everything stored by now is in ClickHouse; false also if nobody knows. */
export async function isCaughtUp(options: LaneStatusOptions): Promise<boolean> {
  const lanes = await laneStatus(options).catch(() => []);
  return lanes.length > 0 && lanes.every(({ lagMessages }) => lagMessages === 0);
}
