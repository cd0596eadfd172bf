import { ask, explainTrend, QUESTION_KINDS, type QuestionKind, type TrendRequest } from "../../queries/index.ts";
import { answerArrow, answerCsv } from "../output/answer-file.ts";
import { questionForm } from "../questions/question-kinds.ts";
import type { Answer } from "./answer-formats.ts";
import { LOG_QUESTIONS } from "./log-questions.ts";
import type { Asked, Question } from "./question.ts";

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
  ...LOG_QUESTIONS,
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
