import type { ClickHouse } from "../../clickhouse/index.ts";
import { durationMs, type Project } from "../../model/index.ts";
import { bucketState } from "./bucket-state.ts";
import { buildAnswer } from "./build-answer.ts";
import { measureFrame, readTop } from "./measure-frame.ts";
import { prepareTrend } from "./prepare-trend.ts";
import type { TrendAnswer } from "./trend-answer.ts";
import type { TrendRequest } from "./trend-request.ts";

/**
 * Answers how metrics changed over time: every bucket of the range, for every series, with its state; and the position of the log it was computed at.
 * @throws QueryError if the question cannot be answered as put: nothing was run then, unless the answer has too many rows or `asOf` names a stream that nobody knows
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function trend(clickhouse: ClickHouse, project: Project, request: TrendRequest): Promise<TrendAnswer> {
  const { asking, knownTo, watermark } = await prepareTrend(clickhouse, project, request);
  const { compared, frame } = asking.resolved;
  const kept = await readTop(asking);
  const [main, other] = await Promise.all([
    measureFrame(asking, frame, kept),
    compared ? measureFrame(asking, compared.frame, kept) : Promise.resolve(undefined),
  ]);
  const lateness = durationMs(project.lateness) * 1_000;
  return buildAnswer(asking.resolved, { main, other, watermark, knownTo, stateOf: (end) => bucketState(end, knownTo, lateness) });
}
