import { funnel } from "../behaviour/funnel.ts";
import { lifecycle } from "../behaviour/lifecycle.ts";
import { paths } from "../behaviour/paths.ts";
import { retention } from "../behaviour/retention.ts";
import { sessions } from "../behaviour/sessions.ts";
import { asOfJoin } from "../market/as-of-join.ts";
import { candles } from "../market/candles.ts";
import { revisions } from "../revisions/revisions.ts";
import { anomalies } from "../signals/anomalies.ts";
import { changes } from "../signals/changes.ts";
import { forecast } from "../signals/forecast.ts";
import { movers } from "../signals/movers.ts";
import { seasonality } from "../signals/seasonality.ts";
import { trend } from "../trends/trend.ts";

/** The questions that can be saved, by the names of the functions that answer them. */
export const QUESTION_CALLS = {
  trend,
  funnel,
  retention,
  lifecycle,
  sessions,
  paths,
  anomalies,
  changes,
  forecast,
  movers,
  seasonality,
  candles,
  asOfJoin,
  revisions,
} as const;

/** A kind of question that can be saved. */
export type QuestionKind = keyof typeof QUESTION_CALLS;

/** What the library's function for a kind of question takes. */
export type QuestionRequest<Kind extends QuestionKind> = Parameters<(typeof QUESTION_CALLS)[Kind]>[2];

/** What it answers. */
export type QuestionAnswer<Kind extends QuestionKind> = Awaited<ReturnType<(typeof QUESTION_CALLS)[Kind]>>;

/** The names of the kinds. */
export const QUESTION_KINDS = Object.keys(QUESTION_CALLS) as readonly QuestionKind[];

/** Whether a text names a kind of question that can be saved. */
export function isQuestionKind(text: unknown): text is QuestionKind {
  return typeof text === "string" && Object.hasOwn(QUESTION_CALLS, text);
}
