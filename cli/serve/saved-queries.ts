import { z } from "zod";
import { findQuery, isQuestionKind, savedRequest, type RunOptions } from "../../queries/index.ts";
import type { SavedQuery } from "../../model/index.ts";
import { asOfText, misfit } from "../questions/question-schemas.ts";
import type { Answer } from "./answer-formats.ts";
import { Refusal } from "./problem.ts";
import type { Asked } from "./question.ts";
import { askKind } from "./questions.ts";

/** What the address of a saved query may say other than was saved, as text. */
export const QUERY_PARAMETERS = {
  from: "ISO 8601, in the zone of the question unless it names its own; yesterday, 3 days ago",
  to: "The same, of the end; default: now",
  range: 'Instead of "from" and "to": today, last week, 30d, 2026-11',
  timezone: "IANA zone",
  asOf: "A past state of the log: a time, a sequence, a watermark as JSON, or the name of a saved one",
} as const;

const parameters = z.strictObject({
  from: z.string().optional(),
  to: z.string().optional(),
  range: z.string().optional(),
  timezone: z.string().optional(),
  asOf: asOfText.optional(),
});

/**
 * Asks a saved query. @param given the parameters of the address
 * @throws Refusal 404 if there is no such query, 400 if a parameter is none
 */
export async function answerSaved(asked: Asked, name: string, given: Readonly<Record<string, string>>): Promise<Answer> {
  const query = queryOf(asked, name);
  const { data, error } = parameters.safeParse(given);
  if (error) throw new Refusal(400, misfit(error, "The address"));
  if (!isQuestionKind(query.ask)) throw new Error(`A query asks for ${query.ask}, which there is not.`);
  return askKind(asked, query.ask, savedRequest(query, withBeginning(data as RunOptions, query)));
}

function queryOf({ project }: Asked, name: string): SavedQuery {
  try {
    return findQuery(project, name);
  } catch (error) {
    throw new Refusal(404, error instanceof Error ? error.message : String(error));
  }
}

/** An end alone goes with the beginning that was saved. */
function withBeginning(options: RunOptions, { request }: SavedQuery): RunOptions {
  const { from = request["from"], range, to } = options;
  if (range !== undefined || to === undefined) return options;
  if (from === undefined) throw new Refusal(400, '"to" needs "from": the query has no fixed beginning.');
  return { ...options, from: from as string | number };
}
