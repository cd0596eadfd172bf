import { randomUUID } from "node:crypto";
import { ClickHouseFailure } from "../../clickhouse/index.ts";
import type { LaneValue } from "../../jetstream/index.ts";
import { durationMs, widestReplicas } from "../../model/index.ts";
import type { Logger } from "../logger.ts";
import type { LaneState } from "../metrics.ts";
import { dropFence } from "../replay/fence.ts";
import { claimLane } from "./claim.ts";
import { LaneLost, type Checkpoint } from "./checkpoint.ts";
import type { LaneContext } from "./lane-context.ts";
import type { LaneMonitor } from "./lane-monitor.ts";
import { runSession, type ClaimedContext, type SessionEnd } from "./lane-session.ts";
import { leaveOut } from "./leave-out.ts";
import { LogBehindLedger } from "./log-behind-ledger.ts";
import { resumeFrom } from "./recover.ts";

const RETRY_MS = 1_000;

/** Works on a lane until it is told to stop (or has caught up, if that is all it was asked): claims it, runs a session, and claims it again when the session broke. */
export async function runLane(context: LaneContext, monitor: LaneMonitor, logger: Logger): Promise<void> {
  const { signal } = context;
  while (!signal.aborted) {
    try {
      const end = await oneSession(context, monitor, logger);
      if (end === "stopped" || end === "caught-up") break;
      if (end === "yielded") logger.info({ stream: monitor.stream }, `lane ${monitor.stream} is given up: other workers have fewer`);
      if (end === "stream-missing") await context.clock.sleep(RETRY_MS, signal);
    } catch (error) {
      if (signal.aborted) {
        reportUndrained(error, monitor, logger);
        break;
      }
      monitor.lagUnknown();
      report(error, monitor, logger);
      await context.clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }
  monitor.setState("stopped");
}

async function oneSession(context: LaneContext, monitor: LaneMonitor, logger: Logger): Promise<SessionEnd> {
  const { jetstream, project, signal, worker } = context;
  await waitForStream(context, monitor, logger);
  monitor.setState("claiming");
  const yielding = new AbortController();
  const { checkpoint, previous } = await claimLane({
    clock: context.clock,
    take: () => context.share.take(monitor.stream, () => yielding.abort()),
    giveBack: () => context.share.giveBack(monitor.stream),
    lanes: await jetstream.lanes(context.clickhouse.database, widestReplicas(project)),
    lane: monitor.stream,
    owner: `${worker}/${randomUUID().slice(0, 8)}`,
    leaseMs: durationMs(project.limits.lease),
    signal,
    report: () => monitor.report,
    onWait: (owner, held) => reportWait(monitor.stream, owner, held, logger),
  });
  try {
    return await workOn({ ...context, yielding: yielding.signal }, monitor, logger, checkpoint, previous);
  } catch (error) {
    if (!signal.aborted) monitor.setState(...stateAfter(error));
    // Whatever was under way stays declared; the lane is free at once instead of after the lease, and its checkpoint says why.
    if (!(error instanceof LaneLost)) await checkpoint.write(({ owner: _released, ...value }) => value).catch(() => {});
    throw error;
  } finally {
    context.share.giveBack(monitor.stream);
  }
}

async function workOn(
  context: ClaimedContext,
  monitor: LaneMonitor,
  logger: Logger,
  checkpoint: Checkpoint,
  previous: LaneValue | undefined,
): Promise<SessionEnd> {
  const { clickhouse, jetstream } = context;
  // Claiming may have taken long: the stream may be another one by now.
  const current = await jetstream.streamState(monitor.stream);
  if (!current) throw new Error(`stream ${monitor.stream} has just gone.`);
  const lane = { stream: monitor.stream, epoch: current.epoch };
  const range = context.ranges.get(lane.stream);
  if (range && range.first > 1) await leaveOut(context, lane, range.first - 1);
  const resumption = await resumeFrom(clickhouse, lane, previous);
  if (current.lastSeq < resumption.committed) throw new LogBehindLedger(lane.stream, current.lastSeq, resumption.committed);
  if (resumption.lost > 0) {
    await dropFence(clickhouse);
    logger.error(
      { stream: lane.stream, lost: resumption.lost, ledger: resumption.committed, generation: resumption.generation },
      `ClickHouse knows ${resumption.lost} sequences less of stream ${lane.stream} than were committed: it was restored or lost data; they are read again`,
    );
  }
  const lastSeq = Math.min(current.lastSeq, range?.last ?? current.lastSeq);
  monitor.claimed(resumption.committed, current.lastSeq);
  return runSession({ context, lane, checkpoint, resumption, monitor, lastSeq });
}

/** Waits until the stream is there. */
async function waitForStream({ clock, jetstream, signal }: LaneContext, monitor: LaneMonitor, logger: Logger): Promise<void> {
  for (;;) {
    if (await jetstream.streamState(monitor.stream)) return;
    if (monitor.state !== "stream-missing") {
      logger.warn({ stream: monitor.stream }, `there is no stream ${monitor.stream}: waiting for it ("hydrograph migrate" creates it)`);
    }
    monitor.setState("stream-missing");
    await clock.sleep(RETRY_MS, signal);
  }
}

/** Waiting for another worker is how standby works; a switch lasts seconds, unless it broke off. */
function reportWait(stream: string, owner: string, held: string | undefined, logger: Logger): void {
  if (held === undefined) logger.info({ stream, owner }, `lane ${stream} is held by ${owner}: waiting for it`);
  else
    logger.warn(
      { stream, owner },
      `lane ${stream} waits for the switch with ${held}; if that broke off, "hydrograph replay --switch --into ${held}" finishes it`,
    );
}

/** Told to stop while waiting for the lane is no failure; a batch that did not get in until the deadline is worth a word. */
function reportUndrained(error: unknown, monitor: LaneMonitor, logger: Logger): void {
  if (monitor.state === "claiming" || monitor.state === "stream-missing") return;
  const reason = error instanceof Error ? error.message : String(error);
  logger.warn({ stream: monitor.stream }, `stopped with a batch that is declared and not committed (${reason}): the next start settles it`);
}

function report(error: unknown, monitor: LaneMonitor, logger: Logger): void {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LaneLost) {
    logger.warn({ stream: monitor.stream }, message);
    return;
  }
  monitor.setState(...stateAfter(error));
  logger.error({ stream: monitor.stream }, `lane ${monitor.stream} starts again: ${message}`);
}

/** What a lane is after an error, until it starts again. */
function stateAfter(error: unknown): [state: LaneState, reason: string] {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof LaneLost) return ["claiming", reason];
  if (error instanceof LogBehindLedger) return ["paused", reason];
  const passes = !(error instanceof ClickHouseFailure) || error.kind === "retry" || error.kind === "slow-down";
  return [passes ? "retrying" : "paused", reason];
}
