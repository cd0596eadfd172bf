import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import {
  explainTrend,
  funnel,
  lifecycle,
  paths,
  retention,
  sessions,
  trend,
  type BehaviourAnswer,
  type BehaviourRequest,
  type FunnelRequest,
  type LifecycleRequest,
  type PathsRequest,
  type RetentionRequest,
  type SessionsRequest,
  type TrendRequest,
} from "../../queries/index.ts";
import { columnsArrow, columnsCsv, type Columns } from "../output/columns-file.ts";
import { funnelColumns } from "../output/funnel-view.ts";
import { lifecycleColumns } from "../output/lifecycle-view.ts";
import { pathsColumns } from "../output/paths-view.ts";
import { retentionColumns } from "../output/retention-view.ts";
import { sessionsColumns } from "../output/sessions-view.ts";
import { trendColumns } from "../output/trend-columns.ts";
import type { Answer } from "./answer-formats.ts";
import { LOG_QUESTIONS } from "./log-questions.ts";
import type { Asked, Question } from "./question.ts";
import { behaviourQuestions, trendQuestion } from "./question-schemas.ts";

/** The questions, by the path that each is posted to below `/v1/`. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  trend: { summary: "How metrics changed over time", schema: trendQuestion, rows: true, ask: askTrend },
  "trend/explain": { summary: "How a trend would be answered", schema: trendQuestion, rows: false, ask: askExplanation },
  funnel: behaviour("How many entities go through steps in order", "funnel", funnelColumns, (clickhouse, project, request) =>
    funnel(clickhouse, project, request as FunnelRequest),
  ),
  retention: behaviour("Who comes back", "retention", retentionColumns, (clickhouse, project, request) =>
    retention(clickhouse, project, request as RetentionRequest),
  ),
  lifecycle: behaviour("Who is new, returning, resurrecting or dormant", "lifecycle", lifecycleColumns, (clickhouse, project, request) =>
    lifecycle(clickhouse, project, request as LifecycleRequest),
  ),
  sessions: behaviour("How many sessions there are, how long and how deep", "sessions", sessionsColumns, (clickhouse, project, request) =>
    sessions(clickhouse, project, request as SessionsRequest),
  ),
  paths: behaviour("The most common sequences of events", "paths", pathsColumns, (clickhouse, project, request) =>
    paths(clickhouse, project, request as PathsRequest),
  ),
  ...LOG_QUESTIONS,
};

async function askTrend({ clickhouse, ingestedUntil, project }: Asked, body: unknown): Promise<Answer> {
  const request = body as TrendRequest;
  const until = request.asOf === undefined ? await ingestedUntil() : undefined;
  const answer = await trend(clickhouse, project, { ...request, ...(until ? { ingestedUntil: until } : {}) });
  return inFormats(answer, trendColumns);
}

async function askExplanation({ clickhouse, project }: Asked, body: unknown): Promise<Answer> {
  const explanation = await explainTrend(clickhouse, project, body as TrendRequest);
  return { json: () => explanation };
}

function behaviour<A extends BehaviourAnswer>(
  summary: string,
  name: keyof typeof behaviourQuestions,
  columns: (answer: A) => Columns,
  ask: (clickhouse: ClickHouse, project: Project, request: BehaviourRequest) => Promise<A>,
): Question {
  return {
    summary,
    schema: behaviourQuestions[name],
    rows: true,
    ask: async ({ clickhouse, ingestedUntil, project }, body) => {
      const request = body as BehaviourRequest;
      const until = request.asOf === undefined ? await ingestedUntil() : undefined;
      const answer = await ask(clickhouse, project, { ...request, ...(until ? { ingestedUntil: until } : {}) });
      return inFormats(answer, columns);
    },
  };
}

function inFormats<A>(answer: A, columns: (answer: A) => Columns): Answer {
  return { json: () => answer, csv: () => columnsCsv(columns(answer)), arrow: () => columnsArrow(columns(answer)) };
}
