import type { LaneIntent, LaneValue } from "../../jetstream/index.ts";
import { BatchBuilder } from "../batch/batch-builder.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { readLedgerEnd, type LedgerRow } from "../ledger.ts";
import { commitBatch, TokenSpent, type CommitContext } from "./commit-batch.ts";
import { rowsThere } from "./rows-there.ts";

/** A batch that was declared for an incarnation of the stream that is gone. */
export interface AbandonedBatch {
  readonly lane: LaneIdentity;
  readonly intent: LaneIntent;
  readonly generation: number;
}

/** What a checkpoint says of an earlier incarnation than `lane`. */
export function abandonedBatch(checkpoint: LaneValue | undefined, lane: LaneIdentity): AbandonedBatch | undefined {
  if (!checkpoint?.intent || checkpoint.epoch === lane.epoch) return undefined;
  const { epoch, generation, intent } = checkpoint;
  return { lane: { stream: lane.stream, epoch }, intent, generation };
}

/**
 * Settles the batch that was under way when its stream was deleted: its messages cannot be read again, so what of them is in the tables is what the ledger counts, and the rest is missing.
 * Without this the rows would stand in no batch for ever. Nothing is done if the batch is in, or is not the one after the ledger's end.
 */
export async function settleAbandoned(context: CommitContext, { generation, intent, lane }: AbandonedBatch): Promise<void> {
  const end = await readLedgerEnd(context.clickhouse, lane);
  if (end.committed !== intent.first - 1) return;
  const builder = new BatchBuilder(lane, () => [], { rows: 1, bytes: 1 }, context.code);
  builder.start(intent.first);
  builder.extendTo(intent.last);
  const batch = builder.finish();
  const commit = async (ofGeneration: number): Promise<LedgerRow> =>
    commitBatch({ ...context, generation: ofGeneration }, batch, end.chain, {
      kind: "rows",
      ...(await rowsThere(context.clickhouse, batch)),
    });
  const first = Math.max(end.generation, generation);
  try {
    await commit(first);
  } catch (error) {
    if (!(error instanceof TokenSpent)) throw error;
    await commit(first + 1);
  }
}
