import type { ClickHouse } from "../../clickhouse/index.ts";
import type { Project, SavedQuery } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { resolveMoment, type Moment } from "../resolve-moment.ts";
import { resolvePresent, resolveRange } from "../resolve-range.ts";
import { ask, savedRequest } from "./run-query.ts";

/** A question got as far as ClickHouse: it is in order. */
class Passed extends Error {}

/** ClickHouse that answers nothing. */
const NOBODY = new Proxy({} as ClickHouse, {
  get: () => () => {
    throw new Passed();
  },
});
/** An hour, long over: short enough for any grain. */
const HOUR = { from: "2025-01-01T00:00Z", to: "2025-01-01T01:00Z" };

/**
 * What is wrong with a saved query, given its project. Every question is checked before anything of it is run, so the functions that would answer it are asked, and stopped where they turn to ClickHouse.
 * Whether the range has too many buckets, or ends before it begins, is not looked at: that changes with the clock, and a config that was right once stays right.
 * @returns one sentence; undefined = nothing is wrong
 */
export async function queryProblem(project: Project, query: SavedQuery): Promise<string | undefined> {
  try {
    checkRange(project, query.request);
    await ask(NOBODY, project, query.ask, savedRequest(query, HOUR));
  } catch (error) {
    if (error instanceof Passed) return undefined;
    if (error instanceof QueryError) return error.message;
    throw error;
  }
  return undefined;
}

/** That the words of a range are words for one. */
function checkRange(project: Project, { from, range, timezone, to }: Readonly<Record<string, unknown>>): void {
  const present = resolvePresent((timezone ?? project.timezone) as string, undefined);
  if (range !== undefined || from === undefined) resolveRange({ range, from, to } as Parameters<typeof resolveRange>[0], present);
  else for (const [end, moment] of Object.entries({ from, to })) if (moment !== undefined) resolveMoment(moment as Moment, end, present);
}
