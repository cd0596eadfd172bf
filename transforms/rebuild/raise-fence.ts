import { setTimeout as sleep } from "node:timers/promises";
import { identifier, literal, rollupTable, type ClickHouse } from "../../clickhouse/index.ts";
import type { Metric } from "../../model/index.ts";
import { areBatchesSettled, type Workers } from "../rollups/batches-under-way.ts";
import { createRollup, recordIncomplete, viewQuery } from "../rollups/rollup-ddl.ts";
import { cloneEvents, dropClone } from "./events-clone.ts";
import {
  areLettersStill,
  behindFenceSql,
  lanesBeyond,
  movedOn,
  notUnderWaySql,
  readLanes,
  type LaneFence,
  type LaneReading,
} from "./lane-fence.ts";
import { RebuildError } from "./rebuild-error.ts";

/** What a fence is raised for. */
export interface FenceOptions {
  readonly metric: Metric;
  readonly clickhouse: ClickHouse;
  readonly workers: Workers;
  /** Name for the copy of the events. */
  readonly clone: string;
  /** Told what is waited for. */
  readonly onStep: (step: string) => void;
}

const POLL_MS = 100;
const PATIENCE_MS = 60_000;
/** A stream that declares nothing for so long has gone quiet: a fence where it ends will do. */
const QUIET_MS = 5_000;
/** A worker declares a batch or two a second, and the view is made in 10 ms: most fences stand at the first try. */
const TRIES = 20;
/** The next fence stands so many times further on as was declared while the view was made. */
const MARGIN = 4;
/** As long as a switch keeps sleepers out, and as recovery trusts tokens. */
const SLEEP_SECONDS = 86_400;
/** Dead letters that a view can name: a list of so many costs some microseconds a row. */
const MOST_LETTERS = 2_000;

/**
 * Empties a rollup that no trend reads, makes its view anew, and copies the events, so that each event is either in the copy and behind the fence, or comes to the rollup by the view:
 * never both, never neither, whatever is ingested meanwhile.
 *
 * Workers declare each batch before they insert it. Declared batches are read (R1), the view is made without them, and they are read again (R2). If nothing was declared in between (or nothing beyond
 * a margin, where that happened before), every batch beyond those of R1 begins when the view stands; those of R1 pass it by, and are in the copy, which is made when the ledger has them all. A replay of dead letters that comes in between shows in
 * a third reading. Else all that was made is dropped, and it begins again. See docs/decisions/0018.
 * @throws RebuildError if a batch or a replay of dead letters does not end
 */
export async function raiseFence(options: FenceOptions): Promise<readonly LaneFence[]> {
  const { clickhouse, metric, onStep } = options;
  await clickhouse.command({ name: `Leave ${metric.name} to the raw events`, sql: recordIncomplete(metric) });
  let margins: ReadonlyMap<string, number> = new Map();
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { beyond, fence } = await tryFence(options, margins);
    if (fence) return fence.map(({ epoch, last, stream }) => ({ stream, epoch, last }));
    margins = new Map([...beyond].map(([stream, declared]) => [stream, declared * MARGIN]));
    onStep("something began while the view was made: once more");
  }
  throw new RebuildError(
    `Workers declared batches too quickly for a fence, ${TRIES} times: run the same command again, when there is less to ingest if need be.`,
  );
}

/** A fence, or the streams of which batches began too early. */
interface Try {
  readonly fence?: readonly LaneReading[];
  readonly beyond: ReadonlyMap<string, number>;
}

async function tryFence(options: FenceOptions, margins: ReadonlyMap<string, number>): Promise<Try> {
  const { clickhouse, clone, metric, workers } = options;
  await makeEmpty(options);
  const fence = movedOn(await untilLettersRest(options), margins);
  const failed: Try = { beyond: new Map() };
  if (!(await makeView(clickhouse, metric, notUnderWaySql(fence)))) return failed;
  const beyond = lanesBeyond(fence, await readLanes(clickhouse, workers));
  if (beyond.size > 0) return { beyond };
  if (!(await untilCommitted(options, fence))) return failed;
  await cloneEvents(clickhouse, clone);
  await keepSleepersOut(options, fence);
  return areLettersStill(fence, await readLanes(clickhouse, workers)) ? { ...failed, fence } : failed;
}

/** Nothing may be on its way through the view when its table goes: that insert would fail. */
async function makeEmpty({ clickhouse, clone, metric, workers }: FenceOptions): Promise<void> {
  const { name, viewName } = rollupTable(metric);
  await dropClone(clickhouse, clone);
  await clickhouse.command({ name: `Drop ${viewName}`, sql: `DROP VIEW IF EXISTS ${identifier(viewName)} SYNC` });
  if (!(await areBatchesSettled(clickhouse, workers))) throw stuck();
  await clickhouse.command({ name: `Drop ${name}`, sql: `DROP TABLE IF EXISTS ${identifier(name)} SYNC` });
  await clickhouse.command({ name: `Make ${name}`, sql: createRollup(metric) });
}

/** @returns false if a migration made the view in between */
async function makeView(clickhouse: ClickHouse, metric: Metric, condition: string | undefined): Promise<boolean> {
  const { name, viewName } = rollupTable(metric);
  const views = await clickhouse.rows({ name: "Look for the view", sql: `EXISTS TABLE ${identifier(viewName)}` });
  if (JSON.stringify(views).includes("1")) return false;
  const sql = `CREATE MATERIALIZED VIEW ${identifier(viewName)} TO ${identifier(name)} AS\n${viewQuery(metric, "events", condition)}`;
  await clickhouse.command({ name: `Make ${viewName}`, sql });
  return true;
}

/**
 * Lets the view see whatever the copy does not hold, and for a day nothing else: a worker that fell asleep in the middle of a batch, and wakes when another one has put it in, sends it again under
 * a token that `events` knows and a new rollup does not. Replayed dead letters have old sequences too, so those of messages with an open letter go through. One statement: no insert finds the view gone.
 */
async function keepSleepersOut({ clickhouse, metric, onStep }: FenceOptions, fence: readonly LaneReading[]): Promise<void> {
  const { viewName } = rollupTable(metric);
  const letters = await openLetters(clickhouse, MOST_LETTERS + 1);
  const isKept = letters.length <= MOST_LETTERS;
  if (!isKept) onStep(`over ${MOST_LETTERS.toLocaleString("en")} dead letters are open, so the view takes every insert at once`);
  await clickhouse.command({
    name: `Let ${viewName} see everything that is new`,
    sql: `ALTER TABLE ${identifier(viewName)} MODIFY QUERY ${viewQuery(metric, "events", isKept ? newRowsSql(fence, letters) : undefined)}`,
  });
}

function newRowsSql(fence: readonly LaneReading[], letters: readonly Letter[]): string {
  const until = Math.floor(Date.now() / 1_000) + SLEEP_SECONDS;
  const places = letters.map(({ epoch, seq, stream }) => `(${literal(stream)}, ${epoch}, ${seq})`);
  const inPlaceOfLetters = places.length === 0 ? "" : ` OR (stream, epoch, seq) IN (${places.join(", ")})`;
  return `(NOT ${behindFenceSql(fence)}${inPlaceOfLetters} OR now() >= toDateTime(${until}))`;
}

/** A message of which something is a dead letter and not replayed. */
interface Letter {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: string;
}

async function openLetters(clickhouse: ClickHouse, limit: number): Promise<Letter[]> {
  return clickhouse.rows<Letter>({
    name: "Open dead letters",
    sql: `SELECT DISTINCT stream, epoch, seq FROM dead_letters
          WHERE (stream, epoch, seq, idx) NOT IN (SELECT stream, epoch, seq, idx FROM dead_letter_resolutions WHERE resolution = 'replayed')
          ORDER BY stream, epoch, seq LIMIT {limit:UInt32}`,
    params: { limit },
  });
}

/** Waits for a moment at which no replay of dead letters may be inserting: what it inserts has old sequences, and only its checkpoint tells of it. */
async function untilLettersRest({ clickhouse, onStep, workers }: FenceOptions): Promise<readonly LaneReading[]> {
  const started = performance.now();
  for (let said = false; ; said = true) {
    const lanes = await readLanes(clickhouse, workers);
    const busy = lanes.find(({ lettersUnderWay }) => lettersUnderWay);
    if (!busy) return lanes;
    if (performance.now() - started > PATIENCE_MS) {
      throw new RebuildError(
        `A replay of dead letters of ${busy.stream} is under way or broke off: let "hydrograph dlq replay" end, then run this again.`,
      );
    }
    if (!said) onStep(`waiting for a replay of dead letters of ${busy.stream}`);
    await sleep(POLL_MS, undefined, { signal: workers.signal });
  }
}

/**
 * Waits until the ledger has everything up to the fence: a batch that is declared and not in it might be sent again, and would come to the view as well.
 * @returns false if the fence stands beyond what is declared, and nothing comes any more
 */
async function untilCommitted({ clickhouse, onStep, workers }: FenceOptions, fence: readonly LaneReading[]): Promise<boolean> {
  const started = performance.now();
  const goals = new Map(fence.map((lane) => [lane.stream, lane]));
  for (let said = false; ; said = true) {
    const lanes = await readLanes(clickhouse, workers);
    const open = lanes.find(({ committed, epoch, stream, underWay }) => {
      const goal = goals.get(stream);
      const wasUnderWay = goal?.underWay && underWay?.epoch === goal.underWay.epoch && underWay.first <= goal.underWay.last;
      return goal !== undefined && ((epoch === goal.epoch && committed < goal.last) || wasUnderWay === true);
    });
    if (!open) return true;
    const waited = performance.now() - started;
    if (open.underWay === undefined && waited > QUIET_MS) return false;
    if (waited > PATIENCE_MS) throw stuck(open.stream);
    if (!said) onStep(`waiting for a batch of ${open.stream}`);
    await sleep(POLL_MS, undefined, { signal: workers.signal });
  }
}

function stuck(stream?: string): RebuildError {
  const which = stream === undefined ? "A batch" : `A batch of ${stream}`;
  return new RebuildError(
    `${which} was declared and does not end: start a worker ("hydrograph ingest"), which settles it, and run the same command again.`,
  );
}
