import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { takeSnapshot, type Snapshot } from "../snapshot.ts";
import { readRollups, type Asking } from "./measure-frame.ts";
import { resolveRequest } from "./resolve-request.ts";
import type { TrendRequest } from "./trend-request.ts";

/** A request that can be asked, and what of the log counts. */
interface PreparedTrend extends Snapshot {
  readonly asking: Asking;
}

/**
 * Checks a request, and reads what its plans depend on.
 * @throws QueryError if the question cannot be answered as put
 */
export async function prepareTrend(clickhouse: ClickHouse, project: Project, request: TrendRequest): Promise<PreparedTrend> {
  const resolved = resolveRequest(project, request);
  const [snapshot, rollups] = await Promise.all([
    takeSnapshot(clickhouse, project, request, resolved.present),
    readRollups(clickhouse, resolved),
  ]);
  const asOf = request.asOf === undefined ? undefined : snapshot.watermark;
  return { ...snapshot, asking: { clickhouse, resolved, asOf, rollups } };
}
