import type { ClickHouse, Statement } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import type { Frame } from "./frame.ts";
import { partStatement, planPart, readTop, type Asking } from "./measure-frame.ts";
import { rawPlan, type TrendPlan } from "./plan.ts";
import { prepareTrend } from "./prepare-trend.ts";
import type { Part } from "./resolve-request.ts";
import type { ExplainedPart, OtherSource, ReadEstimate, TrendExplanation } from "./trend-explanation.ts";
import type { TrendRequest } from "./trend-request.ts";

/**
 * Tells how {@link trend} answers a request, without reading the answer: source and why, the rows it expects to read, the SQL with its values, and why not the other source.
 * With `top` the greatest groups are read: the statements name them.
 * @throws QueryError if the question cannot be answered as put
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function explainTrend(clickhouse: ClickHouse, project: Project, request: TrendRequest): Promise<TrendExplanation> {
  const { asking } = await prepareTrend(clickhouse, project, request);
  const { compared, frame, parts } = asking.resolved;
  const kept = await readTop(asking);
  const frames = compared ? [frame, compared.frame] : [frame];
  const explained = frames.flatMap((each) => parts.map((part) => explainPart(asking, part, each, kept)));
  return { parts: await Promise.all(explained) };
}

async function explainPart(asking: Asking, part: Part, frame: Frame, kept: readonly string[] | undefined): Promise<ExplainedPart> {
  const plan = planPart(asking, part, frame);
  const statementOf = (chosen: TrendPlan): Statement => partStatement(asking, chosen, part, frame, kept);
  const statement = statementOf(plan);
  return {
    ...plan.source,
    over: part.mode,
    compared: frame !== asking.resolved.frame,
    reads: await estimate(asking, statement),
    sql: statement.sql,
    params: statement.params ?? {},
    others: await otherSources(asking, plan, part, frame, statementOf),
  };
}

/** The sources that were not chosen: rollups that do not fit or lack history, and the events where rollups do. */
async function otherSources(
  asking: Asking,
  { passedOver, rollups }: TrendPlan,
  { metric }: Part,
  frame: Frame,
  statementOf: (plan: TrendPlan) => Statement,
): Promise<OtherSource[]> {
  if (rollups.length === 0) return [...passedOver];
  const why = "The rollup gives the same answer from fewer rows: each of its rows comes of one event or more.";
  return [...passedOver, { table: "events", why, reads: await estimate(asking, statementOf(rawPlan(metric, frame, why))) }];
}

/** Tables in the order of their names; one that need not be read at all is left out. */
async function estimate({ clickhouse, resolved }: Asking, statement: Statement): Promise<ReadEstimate[]> {
  const { signal } = resolved.request;
  const found = await clickhouse.rows<{ table: string; rows: string }>({
    ...statement,
    name: "Estimate the rows to read",
    sql: `EXPLAIN ESTIMATE ${statement.sql}`,
    ...(signal ? { signal } : {}),
  });
  return found.map(({ rows, table }) => ({ table, rows: Number(rows) })).sort((a, b) => (a.table < b.table ? -1 : 1));
}
