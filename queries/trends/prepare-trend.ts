import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project, Watermark } from "../../model/index.ts";
import { resolveAsOf } from "../as-of.ts";
import { resolveMoment } from "../resolve-moment.ts";
import { readIngestedUntil, readLogState, type LogState } from "../watermark.ts";
import { readRollups, type Asking } from "./measure-frame.ts";
import { resolveRequest, type ResolvedTrend } from "./resolve-request.ts";
import type { TrendRequest } from "./trend-request.ts";

/** A request that can be asked, and how far the log was in before. */
interface PreparedTrend extends LogState {
  readonly asking: Asking;
}

/**
 * Checks a request, and reads what its plans depend on. The watermark is read before any event: what it promises to be counted is there by then.
 * @throws QueryError if the question cannot be answered as put
 */
export async function prepareTrend(clickhouse: ClickHouse, project: Project, request: TrendRequest): Promise<PreparedTrend> {
  const resolved = resolveRequest(project, request);
  const known = request.ingestedUntil && resolveMoment(request.ingestedUntil, "ingestedUntil", resolved.present);
  const [{ asOf, ingestedUntil, watermark }, rollups] = await Promise.all([
    logState(clickhouse, project, resolved),
    readRollups(clickhouse, resolved),
  ]);
  return { asking: { clickhouse, resolved, asOf, rollups }, ingestedUntil: known ?? ingestedUntil, watermark };
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
