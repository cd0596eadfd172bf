import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouse } from "../clickhouse/index.ts";
import { laneStatus, type LaneStatus } from "../ingest/index.ts";
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
  const opening = openJetStreamIfNamed(invocation, config);
  try {
    return await caughtUpAt(async () => {
      const jetstream = await opening;
      return jetstream && laneStatus({ project: config.project, clickhouse, jetstream });
    });
  } finally {
    // However long it takes to connect: nobody waits for it.
    void opening.then((jetstream) => jetstream?.close()).catch(() => {});
  }
}

/**
 * The same of lanes as somebody else asks for them.
 * @param lanes undefined = NATS is not named
 */
export async function caughtUpAt(lanes: () => Promise<readonly LaneStatus[] | undefined>): Promise<Date | undefined> {
  const asked = new Date();
  const isCaughtUp = async (): Promise<boolean> => {
    const found = await lanes().catch((error: unknown) => {
      if (error instanceof UsageError) throw error;
      return undefined;
    });
    return found !== undefined && found.length > 0 && found.every(({ lagMessages }) => lagMessages === 0);
  };
  return (await Promise.race([isCaughtUp(), sleep(PATIENCE_MS, false, { ref: false })])) ? asked : undefined;
}
