import type { LaneValue } from "../../jetstream/index.ts";
import { BatchBuilder } from "../batch/batch-builder.ts";
import { readLedgerEnd } from "../ledger.ts";
import { commitBatch } from "./commit-batch.ts";
import type { LaneContext } from "./lane-context.ts";
import type { LaneMonitor } from "./lane-monitor.ts";
import { earlierRows } from "./recover.ts";

/**
 * Settles a batch that was declared in an incarnation of the stream that is gone, by a worker that died between its rows and its ledger row. Its messages cannot be read again:
 * the ledger counts what the tables hold, and the rest of the range as missing in the stream. A batch without any row is left alone: there is nothing to account for.
 */
export async function settleGone(context: LaneContext, monitor: LaneMonitor, { epoch, generation, intent }: LaneValue): Promise<void> {
  const { clickhouse, code, decode, project, signal, worker } = context;
  const lane = { stream: monitor.stream, epoch };
  const ledger = await readLedgerEnd(clickhouse, lane);
  if (intent?.first !== ledger.committed + 1) return;
  const range = new BatchBuilder(lane, decode, { rows: 1, bytes: 1 }, code);
  range.start(intent.first);
  range.extendTo(intent.last);
  const batch = range.finish();
  const earlier = await earlierRows(clickhouse, batch);
  if (!earlier) return;
  const commit = {
    clickhouse,
    signal,
    onState: monitor.setState.bind(monitor),
    onFailure: monitor.insertFailed.bind(monitor),
    project: project.name,
    generation: Math.max(generation, ledger.generation),
    worker,
    code,
    fetch: () => Promise.resolve(undefined),
  };
  await commitBatch(commit, batch, ledger.chain, earlier);
  monitor.settled();
}
