import { createHash } from "node:crypto";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneIdentity } from "../batch/rows.ts";
import { letterKey, type TwinFinder } from "./find-twins.ts";
import { closeReplay, insertReplay, type ReplayContext } from "./commit-replay.ts";
import type { HeldClaim } from "./hold-claim.ts";
import { messagesOfBatch } from "./letters-to-replay.ts";
import { planMessages, type MessageSource } from "./plan-messages.ts";
import type { MessageState } from "./plan-replay.ts";
import { rangeOf, ReplayBatch, type ReplayedLetter } from "./replay-batch.ts";
import { laneParams, OF_LANE } from "./resolutions.ts";

/** A replay that was declared and of which nobody noted how it went. */
export interface DeclaredReplay {
  readonly lane: LaneIdentity;
  readonly token: string;
  /** Fingerprint of the config that decoded it. */
  readonly code: string;
  /** Whether ClickHouse surely still knows its token: see docs/decisions/0004. */
  readonly isRemembered: boolean;
}

/** A fifth of the deduplication window of `events`, and a day: an older token may be forgotten, and then lets rows in a second time. */
const SURELY_REMEMBERED = { batches: 2_000, days: 1 };

/** Replays of a stream that were interrupted, the oldest first. */
export async function declaredReplays(clickhouse: ClickHouse, stream: string): Promise<DeclaredReplay[]> {
  const rows = await clickhouse.rows<{ epoch: string; token: string; code: string; remembered: 0 | 1 }>({
    name: "Interrupted replays",
    sql: `WITH declared AS (
            SELECT epoch, batch AS token, any(code) AS by_code, min(resolved_at) AS since
            FROM dead_letter_resolutions WHERE stream = {stream:String}
            GROUP BY epoch, batch HAVING countIf(resolution != 'declared') = 0
          )
          SELECT epoch, token, by_code AS code,
                 since > now64(6) - toIntervalDay({days:UInt8})
                   AND (SELECT count() FROM ingest_ledger WHERE inserted_at >= (SELECT min(since) FROM declared)) < {batches:UInt32} AS remembered
          FROM declared ORDER BY since, token`,
    params: { stream, ...SURELY_REMEMBERED },
  });
  return rows.map(({ code, epoch, remembered, token }) => ({
    lane: { stream, epoch: Number(epoch) },
    token,
    code,
    isRemembered: remembered === 1,
  }));
}

/**
 * Brings an interrupted replay to its end. If it is the one that was allowed its token last, by the same code and lately, all its rows are sent again under the token: that adds what
 * is lacking, also behind views, and makes a process that fell asleep in the middle harmless. Any other was never sent, or nobody knows, and its letters may have come in by a
 * later replay: what is there is asked for, and only the rest is sent, under the token if nothing is there.
 * @param twins tells duplicates, if they are to be left out
 * @returns the letters that are replayed now. Where today's code refuses all of them and none is in, the replay stays declared: its token is not used up, so its own process
 * may still wake and use it
 */
export async function settleReplay(
  context: ReplayContext,
  claim: HeldClaim,
  source: MessageSource,
  { code, isRemembered, lane, token }: DeclaredReplay,
  twins: TwinFinder | undefined,
): Promise<readonly ReplayedLetter[]> {
  const sendAll = claim.inherited === token && isRemembered && code === context.code;
  const letters = await lettersOf(source.clickhouse, lane, token);
  const states = await messagesOfBatch(source.clickhouse, lane, token);
  const asBefore = sendAll ? states.map((state) => ({ ...state, rows: withoutReplayed(state, letters) })) : states;
  const batch = new ReplayBatch(lane);
  // What was allowed counts for the windows of workers since; what was not may have come in from another message meanwhile.
  const duplicates = sendAll ? undefined : await twins?.among(states);
  for await (const { message, plan } of planMessages(source, lane, asBefore)) {
    for (const letter of plan.ready) {
      const isDuplicate = message && duplicates?.has(letterKey({ seq: message.seq, idx: letter.idx }));
      if (message && isDuplicate !== true) batch.add(message, letter);
    }
  }
  const someAreIn = states.some(({ rows, wanted }) => [...wanted].some((idx) => rows.has(idx)));
  if (batch.letters.length === 0 && !someAreIn) return [];
  // Whoever settles this after us must not take a part that we sent for the whole.
  await claim.allow(sendAll ? token : `${token}/settling`, rangeOf(letters));
  await insertReplay(context, batch, sendAll || !someAreIn ? token : `${token}/rest-${hashOf(batch.letters)}`);
  return (await closeReplay(context, lane, token, letters)).replayed;
}

/** The rows that a message had before the replay. */
function withoutReplayed({ rows, seq }: MessageState, letters: readonly ReplayedLetter[]): ReadonlySet<number> {
  const before = new Set(rows);
  for (const letter of letters) {
    if (letter.seq === seq) for (let idx = letter.idx; idx < letter.idx + letter.rows; idx += 1) before.delete(idx);
  }
  return before;
}

function hashOf(letters: readonly ReplayedLetter[]): string {
  return createHash("sha256").update(JSON.stringify(letters)).digest("hex").slice(0, 16);
}

async function lettersOf(clickhouse: ClickHouse, lane: LaneIdentity, token: string): Promise<ReplayedLetter[]> {
  const rows = await clickhouse.rows<{ seq: string; idx: number; rows: number }>({
    name: "Letters of a declared replay",
    sql: `SELECT seq, idx, max(event_rows) AS rows FROM dead_letter_resolutions
          WHERE ${OF_LANE} AND batch = {token:String} GROUP BY seq, idx ORDER BY seq, idx`,
    params: { ...laneParams(lane), token },
  });
  return rows.map(({ idx, rows: count, seq }) => ({ seq: Number(seq), idx, rows: count }));
}
