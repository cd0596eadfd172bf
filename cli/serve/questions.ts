import type { z } from "zod";
import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project } from "../../model/index.ts";
import { ask, explainTrend, QUESTION_KINDS, type QuestionKind, type TrendRequest } from "../../queries/index.ts";
import { answerArrow, answerCsv } from "../output/answer-file.ts";
import { questionForm } from "../questions/question-kinds.ts";
import type { Answer } from "./answer-formats.ts";

/** What a question is asked of. */
export interface Asked {
  readonly clickhouse: ClickHouse;
  readonly project: Project;
  /** Until when the log is known to be ingested. */
  readonly ingestedUntil: () => Promise<Date | undefined>;
}

/** A question that the API takes. */
export interface Question {
  readonly summary: string;
  readonly schema: z.ZodType;
  /** Whether it comes as CSV and Arrow too. */
  readonly rows: boolean;
  /** @param body what the schema let through */
  readonly ask: (asked: Asked, body: unknown) => Promise<Answer>;
}

/** The questions, by the path that each is posted to below `/v1/`. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  ...Object.fromEntries(QUESTION_KINDS.map((kind) => [kind, questionOf(kind)])),
  "trend/explain": {
    summary: "How a trend would be answered",
    schema: questionForm("trend").schema,
    rows: false,
    ask: async ({ clickhouse, project }, body) => {
      const explanation = await explainTrend(clickhouse, project, body as TrendRequest);
      return { json: () => explanation };
    },
  },
};

function questionOf(kind: QuestionKind): Question {
  const { schema, summary } = questionForm(kind);
  return { summary, schema, rows: true, ask: (asked, body) => askKind(asked, kind, body as Readonly<Record<string, unknown>>) };
}

/** Asks a question of a kind. @param request what its schema let through */
export async function askKind(
  { clickhouse, ingestedUntil, project }: Asked,
  kind: QuestionKind,
  request: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const until = request["asOf"] === undefined ? await ingestedUntil() : undefined;
  const answer = await ask(clickhouse, project, kind, { ...request, ...(until ? { ingestedUntil: until } : {}) });
  return { json: () => answer, csv: () => answerCsv(answer), arrow: () => answerArrow(answer) };
}
