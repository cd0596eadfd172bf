import { parseMoment, TIME_RANGE } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import type { Moment } from "./trend-request.ts";

/**
 * Microseconds since 1970 of a moment.
 * @param what names it in the error's sentence, e.g. "from"
 * @throws QueryError if it is no time between 1970 and 2200
 */
export function resolveMoment(moment: Moment, what: string, timezone: string): number {
  const micros = moment instanceof Date ? moment.getTime() * 1_000 : typeof moment === "number" ? moment : parseMoment(moment, timezone);
  if (micros === undefined || Number.isNaN(micros)) {
    const shown = moment instanceof Date ? "an invalid date" : JSON.stringify(moment);
    throw new QueryError(`"${what}" is ${shown}: write a time such as "2026-11-27", "2026-11-27T18:30" or "2026-11-27T18:30:00Z".`);
  }
  // The end of a range is not in it, so the end of all times is one.
  if (!Number.isSafeInteger(micros) || micros < TIME_RANGE.from || micros > TIME_RANGE.to) {
    throw new QueryError(`"${what}" must lie between the years 1970 and 2200, in whole microseconds.`);
  }
  return micros;
}
