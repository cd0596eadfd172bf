import { hostname } from "node:os";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";
import { RebuildError } from "./rebuild-error.ts";
import type { RecordedRebuild } from "./rebuild-state.ts";
import { readTables } from "./same-tables.ts";

/** A fifth of the deduplication window, and a day: an older token may be forgotten, and then lets a range in a second time. */
const SURELY_REMEMBERED = { batches: 2_000, seconds: 86_400 };
/** A process that wrote nothing for so long is taken for dead: a range takes seconds. */
const SILENCE_SECONDS = 60;

/**
 * Whether a rebuild can be gone on with: its fence stands, its tables are those of before, and of the range that may have been sent the token is surely remembered.
 * @throws RebuildError if another process is at it
 */
export async function mayGoOn(clickhouse: ClickHouse, metric: Metric, state: RecordedRebuild, worker: string): Promise<boolean> {
  if (state.phase === "done" || state.phase === "dropped") return false;
  if (state.worker !== worker && state.secondsAgo < SILENCE_SECONDS && mayLive(state.worker) && !isPaused(state)) {
    const ago = Math.round(state.secondsAgo);
    throw new RebuildError(
      `${state.worker} rebuilds ${metric.name}, and was heard of ${ago} s ago: let it end, or try again a minute after it was stopped.`,
    );
  }
  if (state.phase === "begun") return false;
  const now = await readTables(clickhouse, metric);
  const same = now.events === state.tables.events && now.rollup === state.tables.rollup && now.view === state.tables.view;
  const clones = await clickhouse.rows({
    name: "Look for the copy of the events",
    sql: "SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = {clone:String}",
    params: { clone: state.clone },
  });
  const remembered = state.batchesSince < SURELY_REMEMBERED.batches && state.secondsAgo < SURELY_REMEMBERED.seconds;
  return same && clones.length > 0 && (!state.sent || remembered);
}

/** Stopped between two ranges, as it was told to. */
function isPaused({ phase, sent }: RecordedRebuild): boolean {
  return phase === "filling" && !sent;
}

/** A process of this machine can be asked for; of another one nothing is known. */
function mayLive(worker: string): boolean {
  const [, host, pid] = /^(.*):(\d+)$/.exec(worker) ?? [];
  if (host !== hostname() || pid === undefined) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}
