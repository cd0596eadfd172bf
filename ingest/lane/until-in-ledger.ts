import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneValue } from "../../jetstream/index.ts";
import { readLedgerEnd } from "../ledger.ts";

/**
 * Waits until the batch that a lane's checkpoint declares is in the ledger: whoever was cut off from the lane may be about to put it in.
 * @param deadline monotonic milliseconds
 * @returns whether it is, or none is declared
 * @throws the signal's reason if it aborts
 */
export async function untilInLedger(
  clickhouse: ClickHouse,
  stream: string,
  checkpoint: LaneValue | undefined,
  deadline: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (!checkpoint?.intent) return true;
  const { epoch, intent } = checkpoint;
  while ((await readLedgerEnd(clickhouse, { stream, epoch })).committed < intent.last) {
    if (performance.now() >= deadline) return false;
    await sleep(50, undefined, { signal });
  }
  return true;
}
