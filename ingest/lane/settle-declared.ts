import type { LaneIntent } from "../../jetstream/index.ts";
import type { BatchBuilder } from "../batch/batch-builder.ts";
import type { ClaimedLane, LaneCommits } from "./lane-commits.ts";
import { areTokensRemembered } from "./recover.ts";

/** What settling a declared batch takes. */
export interface SettleOptions {
  readonly claimed: ClaimedLane;
  readonly commits: LaneCommits;
  /** What the range is read into. */
  readonly builder: BatchBuilder;
  readonly signal: AbortSignal;
}

/**
 * Reads the range that the owner before declared again, all of it and nothing else, and puts it in as one batch under its old tokens.
 *
 * Declared by this code, for these tables and lately, it is sent again exactly as it was: its tokens let in what is lacking, also behind views, and keep out a sleeping worker
 * that wakes in the middle. Made by other code, for other tables, or long ago, only what is not there is sent.
 * @returns whether the tables now hold what was read, and nothing that other code made or whose message has left the stream
 */
export async function settleDeclared(options: SettleOptions, { fingerprint, first, last }: LaneIntent): Promise<boolean> {
  const { builder, commits, signal } = options;
  const { context, lane, monitor } = options.claimed;
  const started = context.clock.now();
  builder.start(first);
  await context.jetstream.readRange({ ...lane, first, last, onMessage: (message) => builder.add(message), signal });
  builder.extendTo(last);
  const batch = builder.finish();
  const isOurs = fingerprint === commits.fingerprint;
  const row = await commits.commit(batch, isOurs && (await areTokensRemembered(context.clickhouse, lane)) ? "again" : "rest", started);
  monitor.settled();
  return isOurs && row.event_rows === batch.events.rows;
}
