import type { ClickHouse } from "../../clickhouse/index.ts";
import { durationMs, type Project, type Watermark } from "../../model/index.ts";
import { resolveAsOf } from "../as-of.ts";
import { resolveMoment } from "../resolve-moment.ts";
import { readIngestedUntil, readLogState, type LogState } from "../watermark.ts";
import { bucketState } from "./bucket-state.ts";
import { buildAnswer } from "./build-answer.ts";
import { measureFrame, readRollups, readTop, type Asking } from "./measure-frame.ts";
import { resolveRequest, type ResolvedTrend } from "./resolve-request.ts";
import type { TrendAnswer } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";

/**
 * Answers how metrics changed over time: every bucket of the range, for every series, with its state; and the position of the log it was computed at.
 * @throws QueryError if the question cannot be answered as put: nothing was run then, unless the answer has too many rows or `asOf` names a stream that nobody knows
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function trend(clickhouse: ClickHouse, project: Project, request: TrendRequest): Promise<TrendAnswer> {
  const resolved = resolveRequest(project, request);
  const { compared, frame, present } = resolved;
  const until = request.ingestedUntil && resolveMoment(request.ingestedUntil, "ingestedUntil", present);
  // The watermark first: what it promises to be counted is there when the events are read.
  const [{ asOf, ingestedUntil, watermark }, rollups] = await Promise.all([
    logState(clickhouse, project, resolved),
    readRollups(clickhouse, resolved),
  ]);
  const asking: Asking = { clickhouse, resolved, asOf, rollups };
  const kept = await readTop(asking);
  const [main, other] = await Promise.all([
    measureFrame(asking, frame, kept),
    compared ? measureFrame(asking, compared.frame, kept) : Promise.resolve(undefined),
  ]);
  const knownTo = Math.min(present.now, until ?? ingestedUntil ?? -Infinity);
  const lateness = durationMs(project.lateness) * 1_000;
  return buildAnswer(resolved, { main, other, watermark, knownTo, stateOf: (end) => bucketState(end, knownTo, lateness) });
}

/** How far the log is in, or was as of the position asked for. */
async function logState(
  clickhouse: ClickHouse,
  project: Project,
  { present, request }: ResolvedTrend,
): Promise<LogState & { readonly asOf?: Watermark }> {
  if (request.asOf === undefined) return readLogState(clickhouse, project.streams);
  const asOf = await resolveAsOf(clickhouse, project, request.asOf, present);
  return { asOf, watermark: asOf, ingestedUntil: await readIngestedUntil(clickhouse, project.streams, asOf) };
}
