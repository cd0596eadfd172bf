import { randomUUID } from "node:crypto";
import { replayLane, type JetStream, type LaneValue } from "../../jetstream/index.ts";
import { durationMs, widestReplicas, type Project } from "../../model/index.ts";
import { claimLane } from "../lane/claim.ts";
import { systemClock } from "../lane/clock.ts";
import { keepRenewed } from "./keep-renewed.ts";

/** Who claims the dead letters of a stream. */
export interface ClaimRequest {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly stream: string;
  readonly worker: string;
  readonly signal: AbortSignal;
  /** Called once if somebody else is replaying, with who it is, or with the database of the switch that holds the letters. */
  readonly onWait: (owner: string, held: string | undefined) => void;
}

/** A claim that is held. */
export interface HeldClaim {
  /** Token that the holder before was allowed to use last, if its work broke off. */
  readonly inherited: string | undefined;
  /** Makes sure that the claim is still held, and notes the token that is about to be used for rows of these sequences. @throws LaneLost if the claim is lost */
  readonly allow: (token: string, range: { readonly first: number; readonly last: number }) => Promise<void>;
  /** Aborts when the claim is lost, or when the command is to stop. */
  readonly signal: AbortSignal;
}

/** Whoever replays is no worker that shares lanes with others. */
export const NO_SHARE = { take: () => true, giveBack: () => undefined };

/**
 * Does a work while holding the dead letters of a stream: one replay at a time, whatever letters each is about, since two that know nothing of each other would both insert what
 * neither finds in `events`. The claim is a checkpoint beside the lane's own and is renewed like it; the worker on the stream is not disturbed.
 * @throws LaneLost if somebody else has claimed them because this process stood still for longer than the lease
 */
export async function holdClaim<Result>(request: ClaimRequest, work: (claim: HeldClaim) => Promise<Result>): Promise<Result> {
  const { jetstream, onWait, project, signal, stream, worker } = request;
  const leaseMs = durationMs(project.limits.lease);
  const lanes = await jetstream.lanes(project.name, widestReplicas(project));
  const owner = `${worker}/${randomUUID().slice(0, 8)}`;
  const { checkpoint, previous } = await claimLane({
    ...NO_SHARE,
    lanes,
    lane: replayLane(stream),
    clock: systemClock,
    report: () => ({ state: "running" }),
    owner,
    leaseMs,
    signal,
    onWait,
  });
  const { lost, stop } = keepRenewed(checkpoint, leaseMs);
  let isOver = false;
  try {
    const result = await work({
      inherited: previous?.intent?.fingerprint,
      allow: (token, { first, last }) => checkpoint.write((value) => ({ ...value, intent: { first, last, fingerprint: token } })),
      signal: AbortSignal.any([signal, lost]),
    });
    isOver = true;
    return result;
  } finally {
    stop();
    // Where the claim is lost there is nothing to release; where the work broke off, its last token stays noted.
    const released = ({ intent, owner: _released, ...value }: LaneValue): LaneValue => (isOver || !intent ? value : { ...value, intent });
    if (!lost.aborted) await checkpoint.write(released).catch(() => undefined);
  }
}
