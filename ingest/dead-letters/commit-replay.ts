import { randomUUID } from "node:crypto";
import { ClickHouseFailure, type ClickHouse } from "../../clickhouse/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { EVENT_COLUMNS } from "../batch/rows.ts";
import { insertForever, type InsertContext } from "../lane/insert-forever.ts";
import { isBehindFence } from "../replay/fence.ts";
import { rangeOf, type ReplayBatch, type ReplayedLetter } from "./replay-batch.ts";
import { encodeResolutions, laneParams, OF_LANE, RESOLUTION_COLUMNS, type Resolution } from "./resolutions.ts";

/** What stays the same from batch to batch of a replay. */
export interface ReplayContext extends InsertContext {
  readonly project: string;
  readonly worker: string;
  /** Fingerprint of the config. */
  readonly code: string;
}

/** Letters by what became of them. */
export interface ReplayOutcome {
  readonly replayed: readonly ReplayedLetter[];
  /** Those whose rows ClickHouse refused for their data. */
  readonly released: readonly ReplayedLetter[];
}

/** Step 1 of a replay: notes which letters are about to get which rows, and under which token. Only then may the claim allow the token (step 2). */
export async function declareReplay(
  context: ReplayContext,
  lane: LaneIdentity,
  token: string,
  letters: readonly ReplayedLetter[],
): Promise<void> {
  const rows = letters.map((letter) => resolutionOf(context, lane, token, letter, "declared"));
  await insertResolutions(context, rows, `${token}/declared`);
}

/**
 * Step 3: inserts the rows. What ClickHouse refuses for its data is halved, between letters, until those at fault are found, each part under a token of its own, so that a
 * repetition halves alike. The letters at fault are simply not in `events` afterwards.
 */
export async function insertReplay(context: ReplayContext, batch: ReplayBatch, token: string): Promise<void> {
  const insertPart = async (from: number, to: number, partToken: string): Promise<void> => {
    if (from === to) return;
    try {
      const body = batch.slice(from, to);
      await insertForever(context, { table: "events", columns: EVENT_COLUMNS, format: "RowBinary", body, token: partToken });
    } catch (error) {
      if (!(error instanceof ClickHouseFailure) || error.kind !== "bad-data") throw error;
      if (to - from === 1) return;
      const middle = (from + to) >> 1;
      await insertPart(from, middle, `${token}/${from}-${middle}`);
      await insertPart(middle, to, `${token}/${middle}-${to}`);
    }
  };
  await insertPart(0, batch.letters.length, token);
}

/** Step 4: asks which letters have their rows now, and notes that these are replayed and the others released. The tables say what is in, nobody's memory of an insert. */
export async function closeReplay(
  context: ReplayContext,
  lane: LaneIdentity,
  token: string,
  letters: readonly ReplayedLetter[],
): Promise<ReplayOutcome> {
  const present = await lettersWithRows(context.clickhouse, lane, letters);
  const replayed = letters.filter((letter) => present.has(keyOf(letter)));
  const released = letters.filter((letter) => !present.has(keyOf(letter)));
  const rows = [
    ...replayed.map((letter) => resolutionOf(context, lane, token, letter, "replayed")),
    ...released.map((letter) => resolutionOf(context, lane, token, letter, "released")),
  ];
  await insertResolutions(context, rows, `${token}/closed`);
  return { replayed, released };
}

/** Notes that letters are done without, as their events are in from other messages. */
export async function discardDuplicates(
  context: ReplayContext,
  lane: LaneIdentity,
  letters: readonly (Pick<ReplayedLetter, "seq" | "idx"> & { readonly from: number })[],
): Promise<void> {
  if (letters.length === 0) return;
  const batch = `duplicates/${randomUUID()}`;
  const rows = letters.map(({ from, idx, seq }) => ({
    ...resolutionOf(context, lane, batch, { seq, idx, rows: 0 }, "discarded"),
    reason: `a duplicate: the event is in from message ${from}`,
  }));
  await insertResolutions(context, rows, batch);
}

/** Which of the letters have rows: all rows of a letter come in one block, so its first tells. */
async function lettersWithRows(
  clickhouse: ClickHouse,
  lane: LaneIdentity,
  letters: readonly ReplayedLetter[],
): Promise<ReadonlySet<string>> {
  const { first, last } = rangeOf(letters);
  const rows = await clickhouse.rows<{ seq: string; idx: number }>({
    name: "Rows of replayed dead letters",
    sql: `SELECT seq, idx FROM events
          WHERE ${OF_LANE} AND seq BETWEEN {first:UInt64} AND {last:UInt64}
            AND (seq, idx) IN (SELECT seq, idx FROM dead_letters WHERE ${OF_LANE} AND seq BETWEEN {first:UInt64} AND {last:UInt64})`,
    params: { ...laneParams(lane), first: String(first), last: String(last) },
  });
  return new Set(rows.map(({ idx, seq }) => `${seq}/${idx}`));
}

/** A letter's key in {@link lettersWithRows}. */
function keyOf({ idx, seq }: Pick<ReplayedLetter, "seq" | "idx">): string {
  return `${seq}/${idx}`;
}

function resolutionOf(
  { code, worker }: ReplayContext,
  lane: LaneIdentity,
  batch: string,
  { idx, rows, seq }: ReplayedLetter,
  resolution: Resolution["resolution"],
): Resolution {
  return { ...lane, seq, idx, resolution, event_rows: rows, batch, reason: "", code, worker, resolved_at: Date.now() * 1_000 };
}

/**
 * Sent again under its token with another clock it is still the same insert.
 * @throws Error if the letters are from before a switch of databases: for a day, the tables take no rows from before it
 */
async function insertResolutions(context: ReplayContext, rows: readonly Resolution[], token: string): Promise<void> {
  const insert = { table: "dead_letter_resolutions", columns: RESOLUTION_COLUMNS, format: "JSONEachRow", token } as const;
  try {
    await insertForever(context, { ...insert, body: encodeResolutions(rows) });
  } catch (error) {
    if (!(error instanceof ClickHouseFailure) || !isBehindFence(error)) throw error;
    const message = `Database "${context.clickhouse.database}" takes no rows from before "replay --switch" for a day after it: replay these dead letters then, or those since with --since.`;
    throw new Error(message, { cause: error });
  }
}
