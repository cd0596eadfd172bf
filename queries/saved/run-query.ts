import type { ClickHouse } from "../../clickhouse/index.ts";
import { adviseName, type Project, type SavedQuery } from "../../model/index.ts";
import type { AsOf } from "../as-of.ts";
import { QueryError } from "../query-error.ts";
import type { RangeRequest } from "../resolve-range.ts";
import { isQuestionKind, QUESTION_CALLS, QUESTION_KINDS, type QuestionAnswer, type QuestionKind } from "./question-calls.ts";

/** What may be other than was saved. A range takes the place of the whole saved one; the rest are the circumstances of asking. */
export interface RunOptions extends RangeRequest {
  readonly asOf?: AsOf;
  readonly timezone?: string;
  readonly now?: Date;
  readonly ingestedUntil?: Date;
  readonly signal?: AbortSignal;
}

/**
 * Asks a saved query: `await runQuery(clickhouse, project, ordersByCountry, { range: "7d" })`.
 * @throws QueryError if it cannot be answered as put: nothing was run then
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export function runQuery<Kind extends QuestionKind>(
  clickhouse: ClickHouse,
  project: Project,
  query: SavedQuery<string, Kind>,
  options: RunOptions = {},
): Promise<QuestionAnswer<Kind>> {
  return ask(clickhouse, project, query.ask, savedRequest(query, options)) as Promise<QuestionAnswer<Kind>>;
}

/** A saved query of the project. @throws QueryError with the nearest one's name */
export function findQuery({ name, queries }: Project, wanted: string): SavedQuery {
  const found = queries.find((query) => query.name === wanted);
  if (found) return found;
  const names = queries.map((query) => query.name);
  throw new QueryError(
    `There is no query ${JSON.stringify(wanted)}: ${adviseName(wanted, names, `the project "${name}" has ${names.join(", ") || "none"}.`)}`,
  );
}

/** The request of a saved query, with what is to be other than was saved. */
export function savedRequest({ request }: SavedQuery, options: RunOptions): Readonly<Record<string, unknown>> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  if (options.range === undefined && options.from === undefined) return { ...request, ...given };
  const { from: _from, to: _to, range: _range, ...rest } = request;
  return { ...rest, ...given };
}

/** Calls the function of a kind of question. @throws QueryError if there is no such kind */
export function ask(
  clickhouse: ClickHouse,
  project: Project,
  kind: string,
  request: Readonly<Record<string, unknown>>,
): Promise<QuestionAnswer<QuestionKind>> {
  if (!isQuestionKind(kind))
    throw new QueryError(
      `There is no question ${JSON.stringify(kind)}: ${adviseName(kind, QUESTION_KINDS, `there are ${QUESTION_KINDS.join(", ")}.`)}`,
    );
  const call = QUESTION_CALLS[kind] as (to: ClickHouse, of: Project, what: unknown) => Promise<QuestionAnswer<QuestionKind>>;
  return call(clickhouse, project, request);
}
