import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import type { JetStream } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { exchangeTables, finishPlan, planExchange, unfinishedPlan, type Databases, type ExchangePlan } from "./exchange-plan.ts";
import { raiseFence } from "./fence.ts";
import { HeldLanes } from "./held-lanes.ts";
import { ReplayError } from "./replay-database.ts";

/** What to switch, and how. */
export interface SwitchOptions extends Databases {
  readonly project: Project;
  readonly jetstream: JetStream;
  /** Ingests into `into` all that the streams hold by now. */
  readonly catchUp: () => Promise<void>;
  /** Switch although the live database holds messages that the other lacks. */
  readonly force: boolean;
  /** Stops the switch before it has begun to exchange; after that it is finished. */
  readonly signal: AbortSignal;
  /** Told what is done, step by step. */
  readonly onStep: (step: string) => void;
}

/**
 * Lets the tables of two databases change places, so that what a replay has built is the live database, under the live name, and what was live is kept under the other.
 * Live workers are cut off from their lanes, and go on after the end of the ledger that is then live. Killed at any point, the next call finishes it.
 * @returns the number of tables that changed places
 * @throws ReplayError if the live database holds messages that the other lacks, unless forced
 */
export async function switchDatabases(options: SwitchOptions): Promise<{ readonly tables: number }> {
  const { catchUp, force, into, live, onStep } = options;
  let plan = await unfinishedPlan(options);
  if (plan) onStep("a switch that broke off is finished");
  else {
    // A switch that died before it exchanged anything still holds the lanes that are to catch up.
    await (await hold(options, into)).release();
    onStep(`"${into.database}" is brought up to the end of the log`);
    await catchUp();
    if (!force) await checkNothingIsLost(options);
  }
  const held: HeldLanes[] = [];
  try {
    onStep("the lanes are taken from their workers");
    held.push(await hold(options, live));
    if (!plan) await catchUpBehindWorkers(options, held);
    held.unshift(await hold(options, into));
    if (!plan) checkLettersAreSettled(options, held);
    const next = plan ?? (await planExchange(options));
    for (const lanes of held) await lanes.renew();
    plan = next;
    onStep(`${plan.tables.size} tables change places`);
    await finish(options, plan, held);
    return { tables: plan.tables.size };
  } catch (error) {
    // Nothing is exchanged yet: the workers get their lanes back.
    if (!plan) for (const lanes of held) await lanes.release();
    throw error;
  } finally {
    for (const lanes of held) lanes.close();
  }
}

/** What is declared of dead letters and not closed is settled with the token that the claim beside the tables names. */
function checkLettersAreSettled({ live }: SwitchOptions, held: readonly HeldLanes[]): void {
  const stream = held.map(({ replayedStream }) => replayedStream).find((name) => name !== undefined);
  if (stream === undefined) return;
  throw new ReplayError(
    `A replay of dead letters of ${stream} in "${live.database}" is under way or broke off: let "hydrograph dlq replay" end, then switch.`,
  );
}

/** Nothing is committed to the live database any more: its last batches are in the log, so they are in the other once that has caught up. */
async function catchUpBehindWorkers({ catchUp, into, signal }: SwitchOptions, held: readonly HeldLanes[]): Promise<void> {
  await Promise.all([...held.map((lanes) => lanes.settle()), catchUp()]);
  signal.throwIfAborted();
  await raiseFence(into);
}

/** The lanes of the database that was live are released first: once the live ones are, workers go on. */
async function finish(options: SwitchOptions, plan: ExchangePlan, held: readonly HeldLanes[]): Promise<void> {
  try {
    await exchangeTables(options, plan);
    for (const lanes of held) await lanes.releaseAtLedger();
    await finishPlan(options.into, plan);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `The switch broke off while tables changed places, and workers wait until the same command has run again: ${reason}`;
    throw new Error(message, { cause: error });
  }
}

function hold({ into, jetstream, onStep, project, signal }: SwitchOptions, clickhouse: ClickHouse): Promise<HeldLanes> {
  const onWait = (owner: string): void => onStep(`a lane is held by ${owner}: waiting for it`);
  return HeldLanes.take({ project, jetstream, clickhouse, into: into.database, signal, onWait });
}

/** Compares how many messages the two ledgers count up to where the new one is. */
async function checkNothingIsLost({ live, into }: Databases): Promise<void> {
  const [one, other] = [identifier(live.database), identifier(into.database)];
  const [lane] = await into.rows<{ stream: string; mine: string; others: string }>({
    name: "Messages in both ledgers",
    sql: `SELECT stream, sumIf(received, side = 'live') AS mine, sumIf(received, side = 'into') AS others
          FROM (
            SELECT 'live' AS side, stream, epoch, received FROM ${one}.ingest_ledger AS l
            LEFT JOIN (SELECT stream, epoch, max(last) AS reached FROM ${other}.ingest_ledger GROUP BY stream, epoch) AS e USING (stream, epoch)
            WHERE reached = 0 OR last <= reached
            UNION ALL SELECT 'into' AS side, stream, epoch, received FROM ${other}.ingest_ledger
          )
          GROUP BY stream, epoch HAVING mine > others ORDER BY stream, epoch LIMIT 1`,
  });
  if (!lane) return;
  throw new ReplayError(
    `Database "${into.database}" holds ${lane.others} messages of ${lane.stream} where "${live.database}" holds ${lane.mine}: it was replayed from a later sequence, or the log no longer has the others. Switch in spite of that with --force.`,
  );
}
