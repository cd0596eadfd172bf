import { randomUUID } from "node:crypto";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { LaneValue, OwnerReport } from "../../jetstream/index.ts";
import { durationMs, widestReplicas } from "../../model/index.ts";
import { claimLane } from "../lane/claim.ts";
import { systemClock } from "../lane/clock.ts";
import { untilInLedger } from "../lane/until-in-ledger.ts";
import { NO_SHARE, type ClaimRequest, type HeldClaim } from "./hold-claim.ts";
import { keepRenewed } from "./keep-renewed.ts";

/** Whose lane is to stand still. */
export interface StillRequest extends Omit<ClaimRequest, "signal"> {
  readonly clickhouse: ClickHouse;
  /** Called once if a batch that broke off has to be settled by a worker first. */
  readonly onUnsettled: () => void;
}

const report = (): OwnerReport => ({ state: "paused", reason: "its dead letters are being replayed" });

/**
 * Does a work while no worker commits anything of a stream: what `events` holds then is all that was accepted, and workers that go on afterwards fill their windows anew. The lane is taken
 * from its worker at once; a batch that was under way is waited for, and one that broke off is left to the next worker, as only a worker settles batches.
 * @throws LaneLost if somebody else has claimed the lane because this process stood still for longer than the lease
 */
export async function holdStill<Result>(
  request: StillRequest,
  claim: HeldClaim,
  work: (claim: HeldClaim) => Promise<Result>,
): Promise<Result> {
  const { clickhouse, jetstream, onUnsettled, onWait, project, stream, worker } = request;
  const leaseMs = durationMs(project.limits.lease);
  const lanes = await jetstream.lanes(project.name, widestReplicas(project));
  for (let isFirst = true; ; isFirst = false) {
    const owner = `${worker}/${randomUUID().slice(0, 8)}`;
    const options = { ...NO_SHARE, lanes, lane: stream, clock: systemClock, report, owner, leaseMs, signal: claim.signal, onWait };
    const { checkpoint, previous } = await claimLane({ ...options, takeOver: true });
    const { lost, stop } = keepRenewed(checkpoint, leaseMs);
    const signal = AbortSignal.any([claim.signal, lost]);
    try {
      if (await untilInLedger(clickhouse, stream, previous, performance.now() + leaseMs, signal)) {
        const allow: HeldClaim["allow"] = async (token, range) => {
          await checkpoint.write((value) => value);
          await claim.allow(token, range);
        };
        return await work({ ...claim, allow, signal });
      }
    } finally {
      stop();
      if (!lost.aborted) await checkpoint.write(({ owner: _released, ...value }) => value).catch(() => undefined);
    }
    if (isFirst) onUnsettled();
    // Taken over again before it has done so, a worker that needs longer than the lease would never come to an end.
    const inLedger = (): Promise<boolean> => untilInLedger(clickhouse, stream, previous, performance.now() + leaseMs, claim.signal);
    while (!(await inLedger()) && declaresStill((await lanes.read(stream))?.value, previous));
  }
}

function declaresStill(now: LaneValue | undefined, before: LaneValue | undefined): boolean {
  return now?.epoch === before?.epoch && now?.intent?.first === before?.intent?.first && now?.intent?.last === before?.intent?.last;
}
