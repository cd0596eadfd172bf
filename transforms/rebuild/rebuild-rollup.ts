import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseFailure, literal, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";
import type { Workers } from "../rollups/batches-under-way.ts";
import { dropClone } from "./events-clone.ts";
import { fillRange } from "./fill-range.ts";
import { mayGoOn } from "./may-go-on.ts";
import { planRanges } from "./plan-ranges.ts";
import { raiseFence } from "./raise-fence.ts";
import { RebuildError } from "./rebuild-error.ts";
import { makeStates, readStates, writeState, type RebuildState } from "./rebuild-state.ts";
import { readTables, sameTablesSql } from "./same-tables.ts";

/** How a rollup is rebuilt. */
export interface RebuildOptions {
  /** With the grain of the rollup: one of `atEachGrain`. As it is declared, it stands for its finest rollup. */
  readonly metric: Metric;
  readonly clickhouse: ClickHouse;
  readonly workers: Workers;
  /** Host and process, e.g. "db-1:4711". */
  readonly worker: string;
  /** At most so many events a second. */
  readonly rate?: number | undefined;
  /** Events of a range, about. Default 1 million. */
  readonly eventsARange?: number | undefined;
  /** Pauses after the range that is being filled in: the next call goes on. */
  readonly signal: AbortSignal;
  /** Told what is done, step by step. */
  readonly onStep: (step: string) => void;
  /** Told how many events of all are in. */
  readonly onProgress: (done: number, total: number) => void;
}

/** What became of it. */
export interface RebuildOutcome {
  readonly rollup: string;
  /** Whether trends read the rollup now; false = paused. */
  readonly complete: boolean;
  /** Events of the metric's type that were there when it began. */
  readonly events: number;
  /** Events that this call read. */
  readonly read: number;
}

/**
 * Fills a rollup that lacks history from `events`, while ingest goes on, and lets trends read it once it is whole. Until then they read the raw events. Killed at any point, the next call
 * goes on, or begins anew where it cannot be told what is in.
 * @throws RebuildError if it cannot go on as things are
 * @throws ClickHouseFailure if ClickHouse is away; while a range is filled, only if for longer than half a minute. The next call goes on then, too
 */
export async function rebuildRollup(options: RebuildOptions): Promise<RebuildOutcome> {
  const { clickhouse, metric, onProgress, signal } = options;
  const { name } = rollupTable(metric);
  await makeStates(clickhouse);
  if (await isWhole(clickhouse, name)) return { ...(await tidyUp(clickhouse, name)), rollup: name, complete: true, read: 0 };
  let state = (await stateToGoOnWith(options)) ?? (await begin(options));
  const from = state.next;
  const doneAt = (index: number): number => Math.round((state.events * index) / Math.max(1, ranges(state)));
  const pace = startPace(options.rate, doneAt(from));
  while (state.next < ranges(state)) {
    if (signal.aborted) {
      await writeState(clickhouse, state);
      return { rollup: name, complete: false, events: state.events, read: doneAt(state.next) - doneAt(from) };
    }
    await writeState(clickhouse, { ...state, sent: true });
    await fillSurely(options, state);
    state = { ...state, next: state.next + 1, sent: false };
    onProgress(doneAt(state.next), state.events);
    await pace(doneAt(state.next), signal);
  }
  await finish(options, state);
  return { rollup: name, complete: true, events: state.events, read: doneAt(state.next) - doneAt(from) };
}

async function isWhole(clickhouse: ClickHouse, rollup: string): Promise<boolean> {
  const sql = "SELECT 1 FROM rollup_versions FINAL WHERE rollup = {rollup:String} AND complete";
  return (await clickhouse.rows({ name: "Look whether the rollup is whole", sql, params: { rollup } })).length > 0;
}

/** A rebuild that was killed when trends read its rollup already. */
async function tidyUp(clickhouse: ClickHouse, rollup: string): Promise<{ readonly events: number }> {
  const found = (await readStates(clickhouse)).find((state) => state.rollup === rollup);
  if (!found || found.phase === "done" || found.phase === "dropped") return { events: 0 };
  await dropClone(clickhouse, found.clone);
  await writeState(clickhouse, { ...found, phase: "done" });
  return { events: found.events };
}

function ranges({ edges }: RebuildState): number {
  return Math.max(0, edges.length - 1);
}

async function stateToGoOnWith({ clickhouse, metric, onStep, worker }: RebuildOptions): Promise<RebuildState | undefined> {
  const { name } = rollupTable(metric);
  const found = (await readStates(clickhouse)).find(({ rollup }) => rollup === name);
  if (!found) return undefined;
  const goesOn = await mayGoOn(clickhouse, metric, found, worker);
  if (goesOn) onStep(`goes on with range ${found.next + 1} of ${ranges(found)}`);
  else await dropClone(clickhouse, found.clone);
  return goesOn ? { ...found, worker } : undefined;
}

/** Raises the fence, and cuts what lies behind it into ranges. */
async function begin({ clickhouse, eventsARange, metric, onStep, rate, worker, workers }: RebuildOptions): Promise<RebuildState> {
  const { name } = rollupTable(metric);
  const attempt = randomUUID();
  const begun: RebuildState = {
    metric: metric.name,
    rollup: name,
    attempt,
    phase: "begun",
    clone: `rebuild_${attempt.slice(0, 8)}_events`,
    tables: { events: "", rollup: "", view: "" },
    fence: [],
    edges: [],
    next: 0,
    sent: false,
    events: 0,
    worker,
  };
  await writeState(clickhouse, begun);
  onStep("the fence is raised");
  const fence = await raiseFence({ metric, clickhouse, workers, clone: begun.clone, onStep });
  const { edges, events } = await planRanges(clickhouse, metric, begun.clone, { eventsARange, rate });
  const filling: RebuildState = { ...begun, phase: "filling", tables: await readTables(clickhouse, metric), fence, edges, events };
  const last = (await readStates(clickhouse)).find(({ rollup }) => rollup === name);
  if (last?.attempt !== attempt) throw new RebuildError(`Another process rebuilds ${metric.name} too: let one of them end.`);
  await writeState(clickhouse, filling);
  onStep(`the fence stands: ${events.toLocaleString("en")} events in ${ranges(filling)} ranges`);
  return filling;
}

const TRIES = 8;

/** The same range under the same token until it is in: nobody knows what became of a statement without an answer. */
async function fillSurely({ clickhouse, metric }: RebuildOptions, state: RebuildState): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fillRange(clickhouse, metric, state, state.next);
      return;
    } catch (error) {
      const willPass = error instanceof ClickHouseFailure && (error.kind === "retry" || error.kind === "slow-down");
      if (!willPass || attempt === TRIES) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}

/** Says that the rollup is whole, in one row, and only if its tables are the very ones that were filled: a trend reads it from then on. */
async function finish({ clickhouse, metric, onStep }: RebuildOptions, state: RebuildState): Promise<void> {
  await clickhouse.command({
    name: `Let trends read ${state.rollup}`,
    sql: `INSERT INTO rollup_versions (metric, rollup, complete, changed_at)
          SELECT ${literal(metric.name)}, ${literal(state.rollup)}, true, now64(6, 'UTC') WHERE ${sameTablesSql(state)}`,
    settings: { async_insert: 0 },
  });
  const whole = await clickhouse.rows({
    name: "Look whether the rollup is whole",
    sql: `SELECT 1 FROM rollup_versions FINAL WHERE rollup = {rollup:String} AND complete AND ${sameTablesSql(state)}`,
    params: { rollup: state.rollup },
  });
  await dropClone(clickhouse, state.clone);
  await writeState(clickhouse, { ...state, phase: whole.length > 0 ? "done" : "dropped" });
  if (whole.length === 0) {
    throw new RebuildError(`The tables of ${metric.name} were replaced while it was rebuilt: run the same command again.`);
  }
  onStep(`trends of ${metric.name} read ${state.rollup}`);
}

/** Waits as long as it takes to stay below a rate. */
function startPace(rate: number | undefined, from: number): (done: number, signal: AbortSignal) => Promise<void> {
  const started = performance.now();
  return async (done, signal) => {
    const due = rate === undefined ? 0 : ((done - from) / rate) * 1_000 - (performance.now() - started);
    if (due > 0) await sleep(due, undefined, { signal }).catch(() => undefined);
  };
}
